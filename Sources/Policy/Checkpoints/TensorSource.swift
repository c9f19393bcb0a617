/// Files that hold the tensors of a model, under the names of a Hugging Face checkpoint.
protocol TensorSource {
  /// The path of the file that says which tensors there are, for messages.
  var name: String { get }
  /// The shape of each tensor.
  var shapes: [String: [Int]] { get }
  /// Writes the elements of a tensor to `target`, from `offset` on, row by row.
  func read(_ tensor: String, into target: inout [Float], at offset: Int) throws(CheckpointError)
}

extension TensorSource {
  /// Reads the weights of a model of `configuration`: each tensor goes straight to its place.
  /// - Complexity: O(parameters).
  func weights(_ configuration: ModelConfiguration) throws(CheckpointError) -> Weights {
    func bad(_ what: String) -> CheckpointError { CheckpointError(.tensor, name, what) }
    // Every shape is compared before anything is allocated: a configuration may claim any size.
    let (tensors, shapes) = (configuration.tensors, shapes)
    for tensor in tensors {
      guard let shape = shapes[tensor.name] else { throw bad("the tensor \(tensor.name) is missing") }
      guard shape == tensor.shape else {
        throw bad("\(tensor.name) has shape \(shape), not \(tensor.shape)")
      }
    }
    // A tied head may be stored all the same.
    let known = Set(tensors.map(\.name) + ["lm_head.weight"])
    if let extra = shapes.keys.filter({ !known.contains($0) }).min() {
      throw bad("the tensor \(extra) is not of this model")
    }
    var weights = Weights(
      configuration: configuration, values: [Float](repeating: 0, count: configuration.elementCount))
    for tensor in tensors { try read(tensor.name, into: &weights.values, at: tensor.offset) }
    return weights
  }
}
