/// The files of the package that ``PackageTemplate`` writes. `make examples` builds, runs and tests them.
extension PackageTemplate {
  /// The paths of the files in the package, each with its text.
  var files: [(path: String, text: String)] {
    [
      (".gitignore", Self.ignored),
      ("Package.swift", manifest),
      ("Sources/ShopActors/Shop.swift", Self.actors),
      ("Sources/shop/main.swift", Self.program),
      ("Tests/ShopTests/ShopTests.swift", Self.tests),
      ("shop.json5", Self.scenario),
    ]
  }

  private static let ignored = """
    .build/
    runs/

    """

  private var manifest: String {
    """
    // swift-tools-version: 6.2
    import PackageDescription

    let package = Package(
      name: "Shop",
      dependencies: [\(dependency)],
      targets: [
        // Your actors.
        .target(
          name: "ShopActors",
          dependencies: [
            .product(name: "ActorTesting", package: "\(troupe)"), .product(name: "Sim", package: "\(troupe)"),
          ]),
        // The program: every command of troupe, with your actors.
        .executableTarget(
          name: "shop", dependencies: ["ShopActors", .product(name: "TroupeCLI", package: "\(troupe)")]),
        .testTarget(name: "ShopTests", dependencies: ["ShopActors"]),
      ]
    )

    """
  }

  private static let actors = #"""
    import Messaging
    import Sim

    /// What a customer says to the shop. Agents with lines, which a scenario describes, can say a `LineMessage`.
    struct Order: LineMessage {
      static let messageName = "order"
      var text: String
      var customer: Address<ScriptedMessage>

      init(line: String, from speaker: Address<ScriptedMessage>) {
        (text, customer) = (line, speaker)
      }
    }

    /// A shop that sells what is ordered once, however often the order arrives.
    actor Shop: ScenarioActor, DirectActor {
      /// Scenarios name it: `{ name: "shop", kind: "shop" }`.
      static let kind = "shop"
      /// Whole numbers that a scenario may give it, each with a default and a range.
      static let options = [ScenarioCatalogue.Option("remembers", 1, in: 0...1)]

      let context: ActorContext
      private let remembers: Bool
      private var sold: Set<String> = []

      init(_ context: ActorContext, options: [String: Int]) {
        self.context = context
        remembers = options["remembers"] == 1
      }

      /// The first message that it gets, once all actors are there: none, because the shop waits for orders.
      static func beginning(_ name: String, _ cast: Cast) -> Order? { nil }

      func receive(_ order: Order) {
        if !remembers || sold.insert(order.text).inserted {
          // A note goes into the log. Expectations read notes, and never look into an actor.
          context.note("sold", Array(order.text.utf8))
        }
        context.send(.say("sent"), to: order.customer)
      }
    }

    extension Registry {
      /// Adds the actors of this package, and what must hold of them, for the program and for its tests.
      public mutating func registerShop() throws {
        try register(Shop.self)
        try expect("everything is sold once") { played in
          let sold = played.notes("sold").map { String(decoding: $0, as: UTF8.self) }
          let orders = Set(sold).count
          // Failures whose texts differ in numbers alone are the same failure, when one is shrunk.
          return orders == sold.count ? nil : "sold \(sold.count) times on \(orders) orders"
        }
      }
    }

    """#

  private static let program = """
    import ShopActors
    import TroupeCLI

    // This is the first thing that the program does, because it makes hashing the same in every process.
    CommandLineTool.main { registry in try registry.registerShop() }

    """

  private static let tests = #"""
    import ActorTesting
    import Foundation
    import ShopActors
    import Sim
    import Testing

    @Suite("The shop")
    struct ShopTests {
      /// The system that shop.json5 describes, with another value of the option.
      private func system(remembers: Int) throws -> SimulatedSystem {
        var registry = Registry()
        try registry.registerShop()
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
          .deletingLastPathComponent()
        let text = try String(contentsOf: package.appending(path: "shop.json5"), encoding: .utf8)
          .replacing("remembers: 1", with: "remembers: \(remembers)")
        let scenario = try Scenario(json5: text, file: "shop.json5", catalogue: registry.catalogue)
        return try SimulatedSystem(scenario, registry)
      }

      @Test("under 500 seeds, no order of messages and no fault makes the shop sell twice")
      func sellsOnce() throws {
        let failure = try Explorer(system(remembers: 1)).explore(seeds: 1..<501).failure
        #expect(failure == nil, "\(failure?.violation ?? "")")
      }

      @Test("a shop that forgets sells twice, so the test above can fail")
      func forgets() throws {
        let failure = try #require(try Explorer(system(remembers: 0)).explore(seeds: 1..<501).failure)
        #expect(failure.violation.hasPrefix("sold 2 times"))
      }
    }

    """#

  private static let scenario = """
    // A shop, which is an actor of your own, and a customer with lines. In this directory,
    //   swift run -c release shop run shop.json5       plays it,
    //   swift run -c release shop explore shop.json5   looks for an order or a fault by which an expectation fails,
    //   swift test                                     does that too.
    {
      name: "a shop",
      seed: 1,
      episodes: 20,
      agents: [
        // Sources/ShopActors/Shop.swift has this kind and its option. Without its memory the shop sells twice: try 0.
        { name: "shop", kind: "shop", options: { remembers: 1 } },
        // Lines. One without a cue (`on`) is said at the start; one to nobody is the answer of the episode.
        {
          name: "customer",
          lines: [
            { say: "a book", to: "shop" },
            { after: "3s", say: "a book", to: "shop" },   // orders again: the answer may be late
            { on: "sent", say: "I have it", reward: 1 },
          ],
        },
      ],
      // One message in ten is late, and one in ten arrives twice.
      chance: { delay: 0.1, duplicate: 0.1, delays: ["100ms", "5s"] },
      expect: [
        { kind: "answerWithin", seconds: "15s" },
        // An expectation of your own: Shop.swift registers it.
        { kind: "holds", name: "everything is sold once" },
      ],
    }

    """
}
