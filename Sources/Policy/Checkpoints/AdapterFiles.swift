import Foundation

/// An adapter's directory in PEFT's layout: `adapter_config.json` and `adapter_model.safetensors`.
extension Adapter {
  private static let configurationFile = "adapter_config.json"
  private static let weightsFile = "adapter_model.safetensors"

  /// The name of a factor, "A" or "B", in a checkpoint of PEFT.
  static func name(_ tensor: TensorSpecification, _ factor: String) -> String {
    "base_model.model.\(tensor.name.replacing(".weight", with: ".lora_\(factor).weight"))"
  }

  /// Writes the adapter into `directory`, which is made if it does not exist. PEFT looks for the model at `base`.
  public func write(to directory: URL, base: String? = nil) throws(CheckpointError) {
    try CheckpointFiles.makeDirectory(directory)
    let text = """
      {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": \(base.map(CheckpointFiles.quoted) ?? "null"),
        "r": \(rank),
        "lora_alpha": \(alpha),
        "lora_dropout": 0.0,
        "bias": "none",
        "fan_in_fan_out": false,
        "inference_mode": true,
        "target_modules": [\(modules.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))]
      }

      """
    try CheckpointFiles.write(Data(text.utf8), to: directory.appending(path: Self.configurationFile))
    try SafetensorsFile.write(
      parts.flatMap { part in
        [
          (Self.name(part.tensor, "A"), [rank, part.tensor.columns], values[part.a]),
          (Self.name(part.tensor, "B"), [part.tensor.rows, rank], values[part.b]),
        ]
      }, to: directory.appending(path: Self.weightsFile))
  }

  /// Reads an adapter, written by this library or by PEFT, of a model of `configuration`.
  /// - Throws: ``CheckpointError`` for settings that are not supported, and for tensors that are missing, of another
  ///   shape or not of this adapter.
  public init(reading directory: URL, for configuration: ModelConfiguration) throws(CheckpointError) {
    let url = directory.appending(path: Self.configurationFile)
    func bad(_ what: String) -> CheckpointError { CheckpointError(.configuration, url.relativePath, what) }
    let object = try CheckpointFiles.object(url, .configuration)
    guard object["peft_type"] as? String == "LORA" else {
      throw bad("peft_type is \(object["peft_type"] ?? "missing"), not LORA")
    }
    for key in ["fan_in_fan_out", "use_rslora", "use_dora", "lora_bias"] where object[key] as? Bool == true {
      throw bad("\(key) is not supported")
    }
    for key in ["rank_pattern", "alpha_pattern"] where (object[key] as? [String: Any])?.isEmpty == false {
      throw bad("\(key) is not supported")
    }
    guard let rank = object["r"] as? Int, (1...65_536).contains(rank),
      let alpha = object["lora_alpha"] as? Double,
      alpha.isFinite
    else { throw bad("r or lora_alpha is missing or out of range") }
    var modules: Set<Module> = []
    for name in object["target_modules"] as? [String] ?? [] {
      guard let module = Module(rawValue: name) else {
        throw bad("the target module \(name) is not supported")
      }
      modules.insert(module)
    }
    guard !modules.isEmpty else { throw bad("has no target_modules") }
    let file = directory.appending(path: Self.weightsFile)
    let source = try SafetensorsFile(reading: file)
    self.init(configuration, rank: rank, alpha: Float(alpha), modules: modules, seed: 0)
    var known: Set<String> = []
    for part in parts {
      for (factor, shape, range) in [
        ("A", [rank, part.tensor.columns], part.a), ("B", [part.tensor.rows, rank], part.b),
      ] {
        let name = Self.name(part.tensor, factor)
        known.insert(name)
        if let stored = source.tensors[name], stored.shape != shape {
          throw CheckpointError(.tensor, file.relativePath, "\(name) has shape \(stored.shape), not \(shape)")
        }
        try source.read(name, into: &values, at: range.lowerBound)
      }
    }
    if let extra = source.tensors.keys.filter({ !known.contains($0) }).min() {
      throw CheckpointError(.tensor, file.relativePath, "the tensor \(extra) is not of this adapter")
    }
  }
}
