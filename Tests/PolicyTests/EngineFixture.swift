import Foundation

import Testing

@testable import Policy

/// What PyTorch computed for a tiny random Qwen3; recorded by `record_engine_fixtures.py`.
struct EngineFixture: Decodable {
  struct Config: Decodable {
    var vocab_size, hidden_size, num_hidden_layers, num_attention_heads, num_key_value_heads, head_dim: Int
    var intermediate_size, max_position_embeddings: Int
    var rope_theta: Double
    var tie_word_embeddings: Bool
  }
  var config: Config
  var tokens: [[Int32]]
  var promptCount: Int
  var weights, gradients, trained: [String: String]
  var logits: String
  var loss: Double

  init(_ name: String) throws {
    let url = try #require(Bundle.module.url(forResource: "Fixtures/engine-\(name)", withExtension: "json"))
    self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: url))
  }

  var configuration: ModelConfiguration {
    ModelConfiguration(
      vocabularySize: config.vocab_size, hiddenSize: config.hidden_size, layerCount: config.num_hidden_layers,
      headCount: config.num_attention_heads, keyValueHeadCount: config.num_key_value_heads,
      headDimension: config.head_dim, intermediateSize: config.intermediate_size,
      ropeTheta: config.rope_theta,
      tiesWordEmbeddings: config.tie_word_embeddings, maximumPositions: config.max_position_embeddings)
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
    var result = [Float](repeating: 0, count: c.parameterCount)
    for tensor in c.tensors {
      let values = try Self.floats(#require(named[tensor.name]))
      if tensor.isTransposed {
        // The checkpoint is (columns, rows), without the padded vocabulary.
        let columns = values.count / tensor.rows
        for row in 0..<tensor.rows {
          for column in 0..<columns {
            result[tensor.offset + row * tensor.columns + column] = values[column * tensor.rows + row]
          }
        }
      } else {
        result.replaceSubrange(tensor.offset..<tensor.offset + values.count, with: values)
      }
    }
    return result
  }
}
