import Messaging

/// A message that agents with lines can send to an actor of your own.
///
/// ```
/// struct Order: LineMessage {
///   static let messageName = "order"
///   var text: String, customer: Address<ScriptedMessage>
///   init(line: String, from speaker: Address<ScriptedMessage>) { (text, customer) = (line, speaker) }
/// }
/// ```
/// An actor that receives such messages, `actor Shop: ScenarioActor { func receive(_ order: Order) ... }`, hears the lines
/// that are `to` it. It answers with `context.send(.say("sent"), to: order.customer)`, which the agent hears as a cue.
public protocol LineMessage: Message {
  /// The message for what an agent with lines says; `speaker` is the address of the agent.
  init(line: String, from speaker: Address<ScriptedMessage>)
}
