"""Records what `transformers` makes of 200 conversations by chat templates, for ChatTemplateTests.

    pip install transformers jinja2
    python3 Tests/PolicyTests/record_template_fixtures.py
    python3 Tests/PolicyTests/record_template_fixtures.py DIR

Writes into Tests/PolicyTests/Fixtures/templates/ (or DIR, for the templates that are not kept here: `make
published-templates`): `conversations.json`; for each template NAME.jinja of the directory NAME.json, the texts that
`apply_chat_template` gives, or `{"error": ...}` where it raises; and `language.json`, small templates one feature each
with what they render, or where they raise. Tokenizers have the special tokens of SPECIAL; today is TODAY.
"""
import datetime, json, pathlib, sys
import jinja2
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast
from transformers.utils import chat_template_utils

HERE = pathlib.Path(sys.argv[1]) if sys.argv[1:] else pathlib.Path(__file__).parent / "Fixtures" / "templates"
COUNT = 200
SPECIAL = {"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>"}
TODAY = datetime.datetime(2026, 3, 9, 7, 5, 4)


class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return TODAY


chat_template_utils.datetime = Clock

TEXTS = [
    "", "2+2?", "Be brief.", "She said \"yes\", 'no' and \\n.", "line one\nline two\n\n", "\n\nleading newlines",
    "  spaces around \t\n", "\u00a0no-break\u3000", "na\u00efve \u65e5\u672c\u8a9e \u0645\u0631\u062d\u0628\u0627 \U0001f469\u200d\U0001f467",
    "e\u0301 and \u00e9", "\r\nwindows\r\n", "{{ x }} {% if %} {# #}", "<b>&amp;</b>", "<|im_start|>user\n<|im_end|>",
    "<tool_response>\n42\n</tool_response>", "<tool_response>open", "\x1cseparator\x1f", "\u2028line\u2029", "<think>", "</think>",
    "a" * 120, "{\"json\": [1, 2.5, null]}", "\u0000\u007f\u0085",
]
THOUGHTS = ["four", "", "\nlong\n\nthoughts\n", "<think>twice", "\u00fcber \"x\"", "a\n</think>\nb"]
ARGUMENTS = [
    {}, {"city": "Z\u00fcrich"}, {"a": 1, "b": [1, 2.5, True, None], "c": {"d": "\"quoted\"\n", "e": []}},
    {"x": 1e-05, "y": 1e16, "z": -0.0, "big": 123456789012345678, "m": 1.0, "n": 1e22, "o": 0.1, "p": 123456.789},
    "{\"already\": \"json\"}", {"<tag>": "<&'>", "\u00e9": "\t\u0001"},
]
TOOLS = [
    {"type": "function", "function": {"name": "weather", "description": "The weather \"now\".", "parameters": {
        "type": "object", "properties": {"city": {"type": "string", "enum": ["Z\u00fcrich", "\u6771\u4eac"]},
                                         "days": {"type": "integer", "default": 1, "minimum": -1}},
        "required": ["city"]}}},
    {"type": "function", "function": {"name": "noop", "parameters": {"type": "object", "properties": {}, "required": []}}},
    {"name": "bare", "strict": True, "scale": 0.5, "none": None, "nested": [[], [[]], {"a": {}}]},
]


class Draws:
    """Knuth's MMIX generator."""

    def __init__(self, seed):
        self.state = seed
        self.below(1)

    def below(self, count):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % count

    def pick(self, values):
        return values[self.below(len(values))]


def assistant(draws, calls):
    message = {"role": "assistant"}
    text = draws.pick(TEXTS)
    kind = draws.below(4)
    if kind == 0:
        text = f"<think>\n{draws.pick(THOUGHTS)}\n</think>\n\n{text}"
    if not (calls and draws.below(8) == 0):
        message["content"] = text
    if kind == 1:
        message["reasoning_content"] = draws.pick(THOUGHTS)
    if calls:
        message["tool_calls"] = [
            {"type": "function", "function": {"name": draws.pick(["weather", "noop", "brave_search"]),
                                              "arguments": draws.pick(ARGUMENTS)}}
            for _ in range(calls)]
    return message


def conversation(index):
    draws = Draws(index + 1)
    messages = []
    if draws.below(2):
        messages.append({"role": "system", "content": draws.pick(TEXTS)})
    for _ in range(draws.below(4) if index % 20 else 0):
        if draws.below(8):
            messages.append({"role": "user", "content": draws.pick(TEXTS)})
        calls = [0, 0, 1, 1, 1, 2][draws.below(6)]
        messages.append(assistant(draws, calls))
        for _ in range(calls if draws.below(6) else 0):
            messages.append({"role": "tool", "content": draws.pick(TEXTS)})
    if not messages or draws.below(2):
        messages.append({"role": "user", "content": draws.pick(TEXTS)})
    if draws.below(12) == 0:
        messages.insert(draws.below(len(messages) + 1), {"role": "system", "content": draws.pick(TEXTS)})
    result = {"messages": messages, "add_generation_prompt": draws.below(4) > 0, "variables": {}}
    if draws.below(3) == 0:
        result["tools"] = [draws.pick(TOOLS) for _ in range(draws.below(4))]
    for name, values in [
        ("enable_thinking", [True, False, None]), ("tools_in_user_message", [True, False]),
        ("date_string", ["1 Jan 2025"]), ("custom_tools", [[TOOLS[0]]]),
        ("builtin_tools", [["brave_search", "code_interpreter"], ["code_interpreter"]]),
    ]:
        if draws.below(5 if name != "enable_thinking" else 2) == 0:
            result["variables"][name] = draws.pick(values)
    return result


# A feature each. `x` is 3, `s` is ' a,b ', `l` is [1, 2, 3], `o` an object, `u` is not defined.
LANGUAGE = r"""
a
b {# comment #} c
a\n  {%- if true %} b {%- endif %} c
a\n  {% if true %}\n b\n  {% endif %}\n c\n
{% if true %}\n\n x {% endif %}\n
  {%+ if true %} x{% endif +%}\n y
  {% if true %}x{% endif %}
{% if true %}\n  {% if true %}x{% endif %}{% endif %}
{# c #}\n  {% if true %}x{% endif %}
{{ x }}  {% if true %}y{% endif %}  {# c #}z
{% if true -%}\n  {% if true %}x{% endif %}\n{%- endif %}
a {# x #}\n b\n  {#- y -#}\n  c
a\n  {{- x -}}  \n b
a\n  {{ x }}\n b
a\r\nb\r{{ x }}\r\n
{{+ x }}
{{ '}}' ~ "%}" }}
{{ 'a' "b" }}
{{ 'tab\tnl\nq\'q"\\ \x41\u00e9\U0001f600 \q' }}
{{ x }} {{ 1.5 }} {{ 1e3 }} {{ 2.0e-7 }} {{ true }} {{ none }} {{ u }}
{{ 1e16 }} {{ 123456789.125 }} {{ 1e15 }} {{ 0.0001 }} {{ 0.00001 }} {{ 5e-324 }} {{ 1.7976931348623157e308 }} {{ 100.0 }}
{{ x + 1 }} {{ x - 5 }} {{ x * 2 }} {{ x / 2 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ -x }} {{ +x }} {{ true + 1 }}
{{ x + 0.5 }} {{ 1.0 * 3 }} {{ 1 / 0 }}
{{ 1 // 0 }}
{{ 1 + 2 * 3 - 4 }} {{ (1 + 2) * 3 }} {{ 1 ~ 2 + 3 ~ 4 }}
{{ 'a' + 'b' ~ 3 ~ none ~ u ~ true ~ 1.5 }}
{{ 'a' + 1 }}
{{ 'a' + u }}
{{ u + 1 }}
{{ 1 == 1.0 }} {{ true == 1 }} {{ 'a' == 'b' }} {{ none == u }} {{ u == v }} {{ l == [1, 2, 3] }} {{ l == (1, 2, 3) }} {{ 1 != 2 }} {{ 'a' != 1 }}
{{ 9007199254740993 == 9007199254740992.0 }} {{ 9007199254740993 > 9007199254740992.0 }} {{ 1 < 1.5 }}
{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 2 >= 2 }} {{ 'a' < 'b' }} {{ 'Z' < 'a' }} {{ '\uffff' < '\U0001f600' }}
{{ 1 < 'a' }}
{{ u < 1 }}
{{ 'e\u0301' == '\u00e9' }} {{ '\u00e9' in ['e\u0301'] }} {{ {'\u00e9': 1}['e\u0301'] is defined }} {{ 'e\u0301x'.replace('\u00e9', '') }}
{{ 'b' in s }} {{ 'z' not in s }} {{ 1 in l }} {{ 'k' in o }} {{ 'z' in o }} {{ '' in s }} {{ x in u }} {{ 1 in (1, 2) }} {{ none in l }}
{{ 1 in s }}
{{ 'a' in none }}
{{ u in s }}
{{ u in l }}
{{ not x }} {{ not u }} {{ x and s }} {{ u or 'd' }} {{ '' or 0 }} {{ 0 and 1 }} {{ not x == 3 }} {{ not 'a' in s }}
{{ 'y' if x else 'n' }} {{ 'y' if u else 'n' }} {{ 'y' if u }} {{ 'a' if 0 else 'b' if 0 else 'c' }}
{{ l[0] }} {{ l[-1] }} {{ l[9] }} {{ l.0 }} {{ l[true] }} {{ s[1] }} {{ l['x'] }} {{ o['k'] }} {{ o.k }} {{ o.zz }} {{ o['zz'] }}
{{ u.x }}
{{ u['x'] }}
{{ o.zz.y }}
{{ none.x }} {{ x.y }} {{ s.y }} {{ none['x'] }} {{ l[none] }} {{ l['0'] }}
{{ l[1:] | join }} {{ l[:-1] | join }} {{ l[::-1] | join }} {{ l[5:] | join }} {{ l[-2:] | join }} {{ s[1:3] }} {{ s[::-1] }} {{ l[::2] | join }} {{ l[2:0:-1] | join }} {{ l[none:2] | join }}
{{ l[-9::-1] | join }}| {{ l[:-9:-1] | join }} {{ l[-9:] | join }} {{ l[9::-2] | join }} {{ s[-9:2] }}
{{ l[::0] }}
{{ l['a':] }}
{{ x[1:] }}
{{ u[1:] }}
{{ o[1:] }}
{{ '日本語é'[1:] }} {{ '日本語e\u0301' | length }}
{% set y = 1 %}{{ y }}{% set y = y + 1 %}{{ y }}
{% for i in l %}{{ i }}{% if not loop.last %},{% endif %}{% endfor %}
{% for i in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.length }}{{ loop.previtem }}{{ loop.nextitem }};{% endfor %}
{% for i in l %}{{ loop.previtem is defined }}{{ loop.nextitem is defined }}{% endfor %}
{% for i in [] %}a{% else %}empty{% endfor %}
{% for i in l if i != 2 %}{{ i }}{{ loop.length }}{{ loop.last }}{% endfor %}
{% for i in l if i > 5 %}{{ i }}{% else %}none{% endfor %}
{% for i in l %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{% endfor %}
{% for i in l %}{% if i == 2 %}{% continue %}{% endif %}{{ i }}{% endfor %}
{% for i in l %}{% break %}{% else %}else{% endfor %}
{% for i in l %}{% continue %}{% else %}else{% endfor %}
{% for k, v in o.items() %}{{ k }}={{ v }};{% endfor %}
{% for k, v in o | items %}{{ k }}={{ v }};{% endfor %}
{% for k in o %}{{ k }}{% endfor %}
{% for k in o.keys() %}{{ k }}{% endfor %}{% for v in o.values() %}{{ v }}{% endfor %}
{% for a, b in [[1, 2], (3, 4), 'xy'] %}{{ a }}{{ b }}{% endfor %}
{% for a, b in [[1, 2, 3]] %}{{ a }}{% endfor %}
{% for a, b in [1] %}{{ a }}{% endfor %}
{% for c in 'aé' %}[{{ c }}]{% endfor %}
{% for i in u %}{{ i }}{% else %}none{% endfor %}
{% for i in none %}{{ i }}{% endfor %}
{% for i in 3 %}{{ i }}{% endfor %}
{% for i in range(3) %}{{ i }}{% endfor %}{% for i in range(1, 7, 2) %}{{ i }}{% endfor %}{% for i in range(3, 0, -1) %}{{ i }}{% endfor %}{{ range(4) | length }}
{% for i in range(100001) %}{% endfor %}
{% for i in range(1, 2, 0) %}{% endfor %}
{% for i in range('a') %}{% endfor %}
{% set y = 0 %}{% for i in l %}{% set y = i %}{{ y }}{% endfor %}{{ y }}
{% set y = 0 %}{% for i in l %}{{ y }}{% set y = i %}{% endfor %}{{ y }}
{% set y = 0 %}{% for i in [1, 0, 1] %}{% if i %}{% set y = 5 %}{% endif %}{{ y }}{% endfor %}
{% if u %}{% set y = 1 %}{% endif %}{{ y is defined }}
{% set ns = namespace(a=1, b='x') %}{% for i in l %}{% set ns.a = ns.a + i %}{% endfor %}{{ ns.a }}{{ ns.b }}{{ ns.c is defined }}{{ ns['a'] }}
{% set ns = namespace() %}{% set ns.q = [1] %}{{ ns.q | length }}{{ 'y' if ns }}
{% set x.y = 1 %}
{% set o.k = 1 %}
{% set t %}a{{ x }}b{% set z = 1 %}{% endset %}[{{ t }}]{{ z is defined }}
{% for i in l %}{% for j in l %}{{ loop.index }}{% endfor %}{{ loop.index }}{% endfor %}
{% for i in [[1, 2], [3]] %}{% for i in i %}{{ i }}{% endfor %}{{ loop.index }};{% endfor %}
{% for i in l %}{% for j in [] %}{% else %}{{ loop.index }}{% endfor %}{% endfor %}
{{ loop.index }}
{% if x == 1 %}a{% elif x == 3 %}b{% else %}c{% endif %}{% if u %}{% elif none %}{% else %}d{% endif %}
{% generation %}text{{ x }}{% endgeneration %}
{{ s | trim }}|{{ '\u00a0\u3000x\x1c\n' | trim }}|{{ 'xxaxx' | trim('x') }}|{{ 5 | trim }}|{{ u | trim }}|{{ none | trim }}|{{ '\u200bx\ufeff' | trim | length }}
{{ l | tojson }} {{ o | tojson }} {{ s | tojson }} {{ none | tojson }} {{ true | tojson }} {{ 1.5 | tojson }} {{ (1, 'a') | tojson }}
{{ u | tojson }}
{{ [u] | tojson }}
{{ o | tojson(indent=2) }}
{{ [[], {}, [[1]], {'a': {'b': []}}] | tojson(indent=4) }}
{{ l | tojson(indent=0) }} {{ l | tojson(indent=none) }}
{{ 'é\u2028\U0001f600\x7f' | tojson }} {{ 'é\u2028\U0001f600\x7f' | tojson(ensure_ascii=true) }} {{ 'é' | tojson(true) }}
{{ {'b': 1, 'a': [1, 2], 'é': 0, 'Z': 3} | tojson(sort_keys=true) }} {{ o | tojson(separators=(',', ':')) }} {{ o | tojson(indent=1, separators=(' ,', ' : ')) }}
{{ '"\\/\b\f\n\r\t\x01<>&\'' | tojson }}
{{ {'a': 1, 'b': 2, 'a': 3} | tojson }}
{{ l | length }} {{ s | length }} {{ o | length }} {{ u | length }} {{ l | count }} {{ '' | length }}
{{ x | length }}
{{ none | length }}
{{ l | join(', ') }} {{ l | join }} {{ 'ab' | join('-') }} {{ o | join('+') }} {{ u | join }} {{ [1, none, 'a', 1.5] | join(' ') }} {{ l | join(d='/') }}
{{ x | join }}
{{ u | default('d') }} {{ '' | default('d') }}| {{ '' | default('d', true) }} {{ none | default('d') }} {{ none | default('d', boolean=true) }} {{ u | default }}| {{ u | d(1) }} {{ o.zz | default([]) | length }} {{ x | default('d') }}
{{ u.x | default('d') }}
{{ l | first }} {{ l | last }} {{ s | first }}|{{ 'abc' | last }} {{ [] | first }}| {{ u | first }}| {{ o | first }} {{ o | last }}
{{ [] | first is defined }} {{ ([] | last).x }}
{{ x | first }}
{{ 5 | string + 'a' }} {{ u | string }} {{ (1.0 | string) | length }}
{{ s | list | length }} {{ 'ab' | list | join('.') }} {{ o | list | join }} {{ o.items() | list | length }} {{ range(3) | list | join }} {{ o | items | list | length }}
{{ 'aXbX' | replace('X', '-') }} {{ 'aXbX' | replace('X', '', 1) }} {{ 'aaa'.replace('aa', 'b') }} {{ 'abc'.replace('z', 'y') }} {{ 'aXbX'.replace('X', 'YY', 1) }} {{ 5 | replace(5, 6) }}
{{ l | select('equalto', 2) | join }} {{ l | reject('equalto', 2) | join(',') }} {{ [0, 1, '', 'a', none] | select | list | length }} {{ [1, 'a'] | select('string') | list | join }} {{ l | reject('in', [1, 2]) | join }}
{{ [{'a': 1}, {'a': 2}, {}] | selectattr('a') | list | length }} {{ [{'a': 1}, {'a': 2}] | selectattr('a', 'equalto', 2) | list | tojson }} {{ [{'a': 1}, {}] | selectattr('a', 'defined') | list | length }} {{ [{'a': 1}, {}] | rejectattr('a', 'defined') | list | length }}
{{ [{'a': 1}, {'a': 2}] | map(attribute='a') | list | tojson }} {{ [{'a': 1}, {'a': 2}] | map(attribute='a') | join('+') }}
{{ x is defined }} {{ u is defined }} {{ u is undefined }} {{ u is not defined }} {{ not u is defined }} {{ x is not none }} {{ none is none }} {{ u is none }}
{{ s is string }} {{ l is string }} {{ o is mapping }} {{ l is mapping }} {{ l is iterable }} {{ s is iterable }} {{ o is iterable }} {{ x is iterable }} {{ u is iterable }} {{ none is iterable }}
{{ l is sequence }} {{ s is sequence }} {{ o is sequence }} {{ x is sequence }} {{ u is sequence }} {{ (1,) is sequence }}
{{ x is number }} {{ true is number }} {{ 1.5 is number }} {{ s is number }} {{ x is integer }} {{ true is integer }} {{ 1.5 is float }} {{ x is float }} {{ true is boolean }} {{ x is boolean }}
{{ true is true }} {{ 1 is true }} {{ false is false }} {{ 0 is false }} {{ u is false }} {{ none is false }}
{{ x is equalto 3 }} {{ x is eq(3) }} {{ x is ne 3 }} {{ x is in [1, 3] }} {{ x is not in l }} {{ 'k' is in o }} {{ x is eq 3 and true }} {{ x is equalto l[2] }}
{{ x is defined and x is not string or u is defined }}
{{ raise_exception is defined }} {{ strftime_now is defined }} {{ namespace is defined }} {{ range is defined }}
{{ s.strip() }}|{{ s.lstrip() }}|{{ s.rstrip() }}|{{ '\n\nx\n'.strip('\n') }}|{{ 'abcba'.strip('ab') }}|{{ 'xax'.lstrip('x') }}{{ 'xax'.rstrip('x') }}|{{ s.strip(none) }}|{{ 'a'.strip('') }}
{{ s.split(',') | length }} {{ 'a</t>b</t>c'.split('</t>')[-1] }} {{ 'a</t>b</t>c'.split('</t>')[0] }} {{ 'abc'.split('z') | join('|') }} {{ ''.split(',') | length }} {{ ''.split() | length }} {{ ' a  b\n c '.split() | join('|') }} {{ 'a,b,c'.split(',', 1) | join('|') }} {{ ' a b  c '.split(none, 1) | join('|') }} {{ 'a,b'.split(sep=',', maxsplit=0) | join('|') }} {{ 'aaaa'.split('aa') | length }}
{{ 'a'.split('') }}
{{ 'a'.split(1) }}
{{ s.startswith(' a') }} {{ s.endswith('x') }} {{ s.startswith('') }} {{ 'ab'.startswith(('x', 'a')) }} {{ 'ab'.endswith('ab') }} {{ 'ab'.endswith('xab') }}
{{ s.startswith(1) }}
{{ u.strip() }}
{{ x.strip() }}
{{ l.strip() }}
{{ o.get('k') }} {{ o.get('zz') }} {{ o.get('zz', 'd') }} {{ 'y' if o.get('k') == 'v' }}
{{ s.get('a') }}
{{ raise_exception('stop: ' ~ x) }}
{{ strftime_now('%d %b %Y') }} {{ strftime_now('%Y-%m-%d %H:%M:%S %B %A %a %j %y %%') }}
{{ strftime_now(3) }}
{{ {'a': [1, {'b': 2}]}.a[1].b }} {{ [1, 2,][1] }} {{ ((1, 2))[0] }} {{ (1,)[0] }} {{ {} | length }} {{ () | length }} {{ [] | tojson }}
{{ -1 | string }} {{ -l[0] }} {{ - -x }} {{ 2 - -1 }}
{{ l + [4] | tojson }}
{{ (l + [4]) | tojson }} {{ ((1,) + (2,)) | tojson }}
{{ l + (4,) }}
{{ -s }}
{{ 'a' - 'b' }}
{% set a = 1, 2 %}{{ a | tojson }}
{% for i in 1, 2 %}{{ i }}{% endfor %}
{{ l.append(1) }}
{{ o.pop('k') }}
{{ s._x is defined }}
{% set ns = namespace(_x=1) %}
{{ messages[0].content }} {{ messages[0]['role'] }} {{ messages | length }} {{ tools is none }} {{ documents is none }} {{ add_generation_prompt }}
{{ bos_token }} {{ eos_token }} {{ pad_token is defined }}
{{
{{ x
{% if x %}a
{% endif %}
{% for i in l %}
{% if x %}{% endfor %}
{{ x y }}
{{ 'a }}
{{ (x }}
{{ x) }}
{{ }}
{% %}
{# a
{{ 1x }}
{{ x | nope }}
{{ x is nope }}
{{ nope() }}
{% nope %}
{{ x is defined is defined }}
{{ l[ }}
{{ x == }}
{{ not }}
{% set true = 1 %}
{% for loop in l %}{% endfor %}
{% set 1 = 2 %}
{{ 'a\x4' }}
{% break %}
{{ a.b.c is defined }}
}} %} #} { } {x} 100% { {x} }
{{ '{%' }}{{ "{#" }} {{ '\'' }}
"""


def language():
    variables = {"x": 3, "s": " a,b ", "l": [1, 2, 3], "o": {"k": "v", "n": 1}}
    for line in LANGUAGE.strip("\n").split("\n"):
        # Outside of tags \n and \r stand for themselves.
        text = "".join(part if part[:2] in ("{{", "{%", "{#") else part.replace("\\n", "\n").replace("\\r", "\r")
                       for part in pieces(line))
        try:
            tokenizer.chat_template = text
            result = {"text": apply([{"role": "user", "content": "hi"}], variables=variables)}
        except Exception as error:
            result = {"error": f"{type(error).__name__}: {error}"}
        yield {"template": text, **result}


def pieces(line):
    """The line's tags, and what stands between them."""
    start = 0
    while (place := min((i for i in (line.find(mark, start) for mark in ("{{", "{%", "{#")) if i >= 0), default=-1)) >= 0:
        yield line[start:place]
        end = line.find({"{": "}}", "%": "%}", "#": "#}"}[line[place + 1]], place + 2)
        start = end + 2 if end >= 0 else len(line)
        yield line[place:start]
    yield line[start:]


def apply(messages, tools=None, add_generation_prompt=True, variables={}):
    return tokenizer.apply_chat_template(
        messages, tools=tools, add_generation_prompt=add_generation_prompt, tokenize=False, **variables)


def rendered(conversation):
    try:
        return apply(**conversation)
    except jinja2.exceptions.TemplateError as error:
        return {"error": str(error)}
    except (TypeError, ValueError) as error:
        return {"error": f"{type(error).__name__}: {error}"}


def write(name, lines):
    """A list with an element a line."""
    (HERE / name).write_text("[\n" + ",\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n]\n")


tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.WordLevel({"a": 0}, unk_token="a")), **SPECIAL)
conversations = [conversation(index) for index in range(COUNT)]
HERE.mkdir(parents=True, exist_ok=True)
write("conversations.json", conversations)
if not sys.argv[1:]:
    write("language.json", language())
for path in sorted(HERE.glob("*.jinja")):
    tokenizer.chat_template = path.read_bytes().decode()
    results = [rendered(conversation) for conversation in conversations]
    write(path.stem + ".json", results)
    print(path.stem, len(results), "raised:", sum(isinstance(result, dict) for result in results))
