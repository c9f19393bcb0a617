import Actors

/// A value of the file with its path, the file's name and the catalogue, which together allow a reader to read it or
/// to say what is wrong with it.
struct Setting {
  let node: JSON5Node
  let path: String
  let file: String
  let catalogue: ScenarioCatalogue

  /// Reads the whole of a file.
  init(json5 text: String, file: String, catalogue: ScenarioCatalogue) throws(ScenarioError) {
    do {
      node = try JSON5Parser.parse(text)
    } catch {
      throw ScenarioError(kind: .syntax, file: file, position: error.position, path: "", what: error.what)
    }
    (path, self.file, self.catalogue) = ("", file, catalogue)
  }

  init(node: JSON5Node, path: String, file: String, catalogue: ScenarioCatalogue) {
    (self.node, self.path, self.file, self.catalogue) = (node, path, file, catalogue)
  }

  func failure(_ kind: ScenarioError.Kind, _ what: String, at position: SourcePosition? = nil)
    -> ScenarioError
  {
    ScenarioError(kind: kind, file: file, position: position ?? node.position, path: path, what: what)
  }

  func wrongType(expected: String) -> ScenarioError {
    failure(.wrongType, "expected \(expected), found \(node.value.kindName)")
  }

  func child(_ member: JSON5Member) -> Setting {
    let path = path.isEmpty ? member.key : "\(path).\(member.key)"
    return Setting(node: member.node, path: path, file: file, catalogue: catalogue)
  }

  func members() throws(ScenarioError) -> [JSON5Member] {
    guard case .object(let members) = node.value else { throw wrongType(expected: "an object") }
    return members
  }

  func elements() throws(ScenarioError) -> [Setting] {
    guard case .array(let nodes) = node.value else { throw wrongType(expected: "a list") }
    return nodes.enumerated().map { index, node in
      Setting(node: node, path: "\(path)[\(index)]", file: file, catalogue: catalogue)
    }
  }

  /// Returns the setting at a path of keys or list indices below this one, as far down as the file goes.
  func descendant(_ path: [String]) -> Setting {
    guard let key = path.first else { return self }
    let next: Setting?
    switch node.value {
    case .object(let members): next = members.first { $0.key == key }.map(child)
    case .array:
      next = (try? elements()).flatMap { elements in
        Int(key).flatMap { elements.indices.contains($0) ? elements[$0] : nil }
      }
    default: next = nil
    }
    return next?.descendant(Array(path.dropFirst())) ?? self
  }
}
