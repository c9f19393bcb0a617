%% Asks a second: one process asks 1,023 others round a ring, one after the other, 200,000 times.
%% erlc ring.erl && erl +S 1 -noshell -s ring main -s init stop
-module(ring).
-export([main/0]).

main() ->
    Ring = list_to_tuple([spawn(fun answer/0) || _ <- lists:seq(1, 1023)]),
    Count = 200000,
    ask(Ring, 0, Count),
    Rates = lists:sort([rate(Ring, Count) || _ <- lists:seq(1, 5)]),
    io:format("~b~n", [round(lists:nth(3, Rates))]).

rate(Ring, Count) ->
    {Microseconds, _} = timer:tc(fun() -> ask(Ring, 0, Count) end),
    Count / Microseconds * 1000000.

ask(_, Count, Count) -> ok;
ask(Ring, Hop, Count) ->
    Tag = make_ref(),
    element(Hop rem 1023 + 1, Ring) ! {self(), Tag, Hop},
    receive {Tag, _} -> ask(Ring, Hop + 1, Count) end.

answer() ->
    receive {From, Tag, Hop} -> From ! {Tag, Hop}, answer() end.
