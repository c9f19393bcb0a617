import Foundation

/// The tensors of a directory: one `model.safetensors`, or the shards that `model.safetensors.index.json` names.
struct WeightFiles: TensorSource {
  /// Which file holds a tensor.
  private let places: [String: Int]
  private let files: [SafetensorsFile]
  let name: String

  static let single = "model.safetensors"
  static let index = "model.safetensors.index.json"

  init(_ file: URL) throws(CheckpointError) {
    let whole = try SafetensorsFile(reading: file)
    files = [whole]
    places = whole.tensors.mapValues { _ in 0 }
    name = file.relativePath
  }

  init(directory: URL) throws(CheckpointError) {
    let index = directory.appending(path: Self.index)
    let isSharded = FileManager.default.fileExists(atPath: index.path)
    self = isSharded ? try Self(index: index, directory) : try Self(directory.appending(path: Self.single))
  }

  private init(index: URL, _ directory: URL) throws(CheckpointError) {
    name = index.relativePath
    func bad(_ what: String) -> CheckpointError { CheckpointError(.header, index.relativePath, what) }
    guard let map = try CheckpointFiles.object(index, .header)["weight_map"] as? [String: String] else {
      throw bad("has no weight_map of tensors to files")
    }
    var files: [SafetensorsFile] = []
    var numbers: [String: Int] = [:]
    for file in Set(map.values).sorted() {
      guard !file.contains("/"), file.hasSuffix(".safetensors") else {
        throw bad("'\(file)' is no file beside it")
      }
      numbers[file] = files.count
      files.append(try SafetensorsFile(reading: directory.appending(path: file)))
    }
    var places: [String: Int] = [:]
    for (tensor, file) in map {
      guard let number = numbers[file], files[number].tensors[tensor] != nil else {
        throw bad("\(file) does not hold \(tensor)")
      }
      places[tensor] = number
    }
    (self.files, self.places) = (files, places)
  }

  /// The metadata of the first file.
  var metadata: [String: String] { files.first?.metadata ?? [:] }

  var shapes: [String: [Int]] {
    Dictionary(uniqueKeysWithValues: places.map { ($0.key, files[$0.value].tensors[$0.key]?.shape ?? []) })
  }

  func read(_ tensor: String, into target: inout [Float], at offset: Int) throws(CheckpointError) {
    guard let place = places[tensor] else {
      throw CheckpointError(.tensor, name, "the tensor \(tensor) is missing")
    }
    try files[place].read(tensor, into: &target, at: offset)
  }

  /// Writes `weights` into `directory`: in one file, or in shards of at most `limit` bytes of tensors, each holding at
  /// least one.
  static func write(
    _ weights: Weights, into directory: URL, limit: Int, metadata: [String: String]
  ) throws(CheckpointError) {
    var shards: [[TensorSpecification]] = [[]]
    var size = 0
    for tensor in weights.configuration.tensors {
      let bytes = 4 * tensor.storedRows * tensor.columns
      if size > 0, size + bytes > limit {
        shards.append([])
        size = 0
      }
      shards[shards.count - 1].append(tensor)
      size += bytes
    }
    let isSingle = shards.count == 1
    // Files that a larger or smaller checkpoint left would be read in place of this one.
    let stale = directory.appending(path: isSingle ? index : single)
    try? FileManager.default.removeItem(at: stale)
    var map: [String] = []
    for (number, shard) in shards.enumerated() {
      let name = isSingle ? single : "model-\(padded(number + 1))-of-\(padded(shards.count)).safetensors"
      map += shard.map { "    \"\($0.name)\": \"\(name)\"" }
      try write(shard, of: weights, to: directory.appending(path: name), metadata: metadata)
    }
    guard !isSingle else { return }
    let total = 4 * weights.configuration.parameterCount
    let text = """
      {
        "metadata": {"total_size": \(total)},
        "weight_map": {
      \(map.sorted().joined(separator: ",\n"))
        }
      }

      """
    try CheckpointFiles.write(Data(text.utf8), to: directory.appending(path: index))
  }

  static func write(
    _ tensors: [TensorSpecification], of weights: Weights, to file: URL, metadata: [String: String]
  ) throws(CheckpointError) {
    try SafetensorsFile.write(
      tensors.map { tensor in
        (
          tensor.name, tensor.shape,
          weights.values[tensor.offset..<tensor.offset + tensor.storedRows * tensor.columns]
        )
      }, metadata: metadata, to: file)
  }

  private static func padded(_ number: Int) -> String {
    String(repeating: "0", count: max(0, 5 - "\(number)".count)) + "\(number)"
  }
}
