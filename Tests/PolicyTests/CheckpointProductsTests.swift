import Foundation
import Testing

@testable import Policy

/// What checkpoints say of the products that their weights were trained by.
@Suite("Checkpoints name products that are not Troupe's own")
struct CheckpointProductsTests {
  private let directory = TemporaryFiles()
  private let weights = Weights.random(
    ModelConfiguration(
      vocabularySize: 5, hiddenSize: 16, layerCount: 1, headCount: 2, keyValueHeadCount: 1, headDimension: 8,
      intermediateSize: 24), seed: 3)

  @Test("Troupe's own products have no description, OpenBLAS's is its version and its kernel")
  func descriptions() throws {
    #expect(Products.own.description == nil)
    let description = try #require(Products.openBLAS.description)
    let parts = try #require(
      try Regex("(OpenBLAS [0-9]+\\.[0-9]+\\S*), (\\w+)").wholeMatch(in: description), "\(description)")
    #expect(parts.output[2].substring.map(String.init) == BLAS.kernel)
  }

  @Test("weights that OpenBLAS trained say so in their metadata, in a directory and alone")
  func written() throws {
    let words = WordTokenizer(words: ["x", "y"])
    func metadata(_ products: Products) throws -> [[String: String]] {
      let url = directory.url("\(products)")
      try Checkpoint.write(weights, tokenizer: words, to: url, products: products)
      let alone = url.appending(path: "alone.safetensors")
      try Checkpoint.write(weights, to: alone, products: products)
      return try [url.appending(path: "model.safetensors"), alone].map {
        try SafetensorsFile(reading: $0).metadata
      }
    }
    let own = ["format": "pt"]
    #expect(try metadata(.own) == [own, own])
    let openBLAS = own.merging(["products": Products.openBLAS.description ?? ""]) { first, _ in first }
    #expect(try metadata(.openBLAS) == [openBLAS, openBLAS])
  }

  @Test("weights whose metadata name a BLAS kernel, as those before Troupe's own products did, are read")
  func older() throws {
    let file = directory.url("older.safetensors")
    try WeightFiles.write(
      weights.configuration.tensors, of: weights, to: file, metadata: ["format": "pt", "blas_kernel": "Zen"])
    #expect(try Checkpoint.read(file, weights.configuration) == weights)
  }
}
