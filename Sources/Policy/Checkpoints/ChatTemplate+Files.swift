import Foundation

extension ChatTemplate {
  /// The settings of `tokenizer_config.json` whose texts a template sees under the same names.
  private static let specialTokenNames = [
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
  ]

  /// Reads the template of a model's directory: `chat_template.jinja` if there is one, otherwise `chat_template` of
  /// `tokenizer_config.json`, as `transformers` does. Returns `nil` if the directory has neither.
  ///
  /// Of several templates the one named `default` is read.
  /// - Throws: ``CheckpointError`` if a file cannot be read, or if the template is refused.
  public static func read(_ directory: URL) throws(CheckpointError) -> ChatTemplate? {
    let file = directory.appending(path: "chat_template.jinja")
    let settingsFile = directory.appending(path: "tokenizer_config.json")
    func exists(_ url: URL) -> Bool { FileManager.default.fileExists(atPath: url.path) }
    let settings = exists(settingsFile) ? try CheckpointFiles.object(settingsFile, .template) : [:]
    if exists(file) {
      guard let data = try? Data(contentsOf: file), let text = String(data: data, encoding: .utf8) else {
        throw CheckpointError(.unreadable, file.relativePath, "cannot be read as UTF-8")
      }
      return try parse(text, settings, file)
    }
    let text: String
    switch settings["chat_template"] {
    case nil, is NSNull: return nil
    case let one as String: text = one
    case let several as [[String: Any]]:
      guard let one = several.first(where: { $0["name"] as? String == "default" })?["template"] as? String
      else {
        throw CheckpointError(.template, settingsFile.relativePath, "has no chat_template named default")
      }
      text = one
    default: throw CheckpointError(.template, settingsFile.relativePath, "its chat_template is no text")
    }
    return try parse(text, settings, settingsFile)
  }

  private static func parse(
    _ text: String, _ settings: [String: Any], _ file: URL
  ) throws(CheckpointError) -> ChatTemplate {
    var tokens: [String: String] = [:]
    for name in specialTokenNames {
      tokens[name] = settings[name] as? String ?? (settings[name] as? [String: Any])?["content"] as? String
    }
    do {
      return try ChatTemplate(parsing: text, specialTokens: tokens)
    } catch {
      throw CheckpointError(.template, file.relativePath, error.description)
    }
  }
}
