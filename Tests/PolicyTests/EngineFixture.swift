import Foundation

import Testing

@testable import Policy

/// What PyTorch computed for a tiny random Qwen3; recorded by `record_engine_fixtures.py`.
struct EngineFixture: Decodable {
  struct Config: Decodable {
    var vocabSize, hiddenSize, numHiddenLayers, numAttentionHeads, numKeyValueHeads, headDim: Int
    var intermediateSize, maxPositionEmbeddings: Int
    var ropeTheta: Double
    var tieWordEmbeddings: Bool
    /// The architecture; `nil` is Qwen3.
    var modelType: String?
    var ropeScaling: Scaling?

    /// Llama 3's scaling of RoPE.
    struct Scaling: Decodable {
      var factor, lowFreqFactor, highFreqFactor: Double
      var originalMaxPositionEmbeddings: Int
    }
  }
  struct Objectives: Decodable {
    struct Outcome: Decodable {
      var loss: Double
      var gradients: [String: String]
    }
    var temperature, clipLow, clipHigh, entropy: Float
    var advantages: [Float]
    var behaviour, reference: [String]
    var clippedSurrogate, anchor: Outcome
  }
  var config: Config
  var tokens: [[Int32]]
  var promptCount: Int
  var weights, gradients, trained: [String: String]
  var logits: String
  var loss: Double
  var objectives: Objectives

  /// All of them, by file name.
  static let names = ["tied", "untied", "ungrouped"]

  init(_ name: String) throws {
    let url = try #require(Bundle.module.url(forResource: "Fixtures/engine-\(name)", withExtension: "json"))
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    self = try decoder.decode(Self.self, from: Data(contentsOf: url))
  }

  var configuration: ModelConfiguration {
    ModelConfiguration(
      vocabularySize: config.vocabSize, hiddenSize: config.hiddenSize, layerCount: config.numHiddenLayers,
      headCount: config.numAttentionHeads, keyValueHeadCount: config.numKeyValueHeads,
      headDimension: config.headDim, intermediateSize: config.intermediateSize,
      ropeTheta: config.ropeTheta,
      tiesWordEmbeddings: config.tieWordEmbeddings, maximumPositions: config.maxPositionEmbeddings)
  }

  static func floats(_ base64: String) throws -> [Float] {
    let data = try #require(Data(base64Encoded: base64))
    return data.withUnsafeBytes { bytes in
      (0..<data.count / 4).map {
        Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)))
      }
    }
  }

  /// The tensors of `named`, by Hugging Face name and layout, in ours.
  func flat(_ named: [String: String]) throws -> [Float] {
    let c = configuration
    var result = [Float](repeating: 0, count: c.elementCount)
    for tensor in c.tensors {
      let values = try Self.floats(#require(named[tensor.name]))
      result.replaceSubrange(tensor.offset..<tensor.offset + values.count, with: values)
    }
    return result
  }
}
