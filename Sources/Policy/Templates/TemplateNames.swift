/// The parameters of a filter, method or function.
struct TemplateParameters: Sendable {
  var names: [String]
  var required = 0
  /// Whether arguments may be given by name.
  var areNamed = true
}

/// The filters that templates may use: `value | name(arguments)`.
enum TemplateFilter: String, Sendable {
  case trim, tojson, length, count, join, `default`, d, items, first, last, string, list, replace

  var parameters: TemplateParameters {
    switch self {
    case .trim: .init(names: ["chars"])
    case .tojson: .init(names: ["ensure_ascii", "indent", "separators", "sort_keys"])
    case .join: .init(names: ["d"])
    case .default, .d: .init(names: ["default_value", "boolean"])
    case .replace: .init(names: ["old", "new", "count"], required: 2)
    case .length, .count, .items, .first, .last, .string, .list: .init(names: [])
    }
  }
}

/// The filters that take the name of a test or of an attribute, which is known when the template is read.
enum TemplateListFilter: String, Sendable {
  case select, reject, selectattr, rejectattr, map
}

/// The tests that templates may use: `value is name`.
enum TemplateTest: String, Sendable {
  case defined, undefined, none, string, mapping, iterable, sequence, number, integer, float, boolean
  case `true`, `false`
  case equalto, eq, ne
  case isIn = "in"

  var takesArgument: Bool {
    switch self {
    case .equalto, .eq, .ne, .isIn: true
    default: false
    }
  }
}

/// The methods that templates may call: `value.name(arguments)`.
enum TemplateMethod: String, Sendable {
  case strip, lstrip, rstrip, split, startswith, endswith, replace
  case items, keys, values, get

  var parameters: TemplateParameters {
    switch self {
    case .strip, .lstrip, .rstrip: .init(names: ["chars"], areNamed: false)
    case .split: .init(names: ["sep", "maxsplit"])
    case .startswith: .init(names: ["prefix"], required: 1, areNamed: false)
    case .endswith: .init(names: ["suffix"], required: 1, areNamed: false)
    case .replace: .init(names: ["old", "new", "count"], required: 2, areNamed: false)
    case .items, .keys, .values: .init(names: [])
    case .get: .init(names: ["key", "default"], required: 1, areNamed: false)
    }
  }

  var laziness: TemplateExpression.Laziness {
    switch self {
    case .items, .keys, .values: .view
    default: .none
    }
  }
}

/// The functions that templates may call: `name(arguments)`.
enum TemplateFunction: String, Sendable {
  case range, namespace
  case raise = "raise_exception"
  case date = "strftime_now"

  var parameters: TemplateParameters {
    switch self {
    case .range: .init(names: ["start", "stop", "step"], required: 1, areNamed: false)
    case .raise: .init(names: ["message"], required: 1)
    case .date: .init(names: ["format"], required: 1)
    case .namespace: .init(names: [])
    }
  }
}

/// Names that Python's values have of themselves, so that `value.name` is not a member of an object.
enum PythonAttributes {
  static let ofObjects: Set<String> = [
    "clear", "copy", "fromkeys", "get", "items", "keys", "pop", "popitem", "setdefault", "update", "values",
  ]
  static let ofLists: Set<String> = [
    "append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse", "sort",
  ]
  static let ofTuples: Set<String> = ["count", "index"]
  static let ofTexts: Set<String> = [
    "capitalize", "casefold", "center", "count", "encode", "endswith", "expandtabs", "find", "format",
    "format_map",
    "index", "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier", "islower", "isnumeric",
    "isprintable", "isspace", "istitle", "isupper", "join", "ljust", "lower", "lstrip", "maketrans",
    "partition",
    "removeprefix", "removesuffix", "replace", "rfind", "rindex", "rjust", "rpartition", "rsplit", "rstrip",
    "split",
    "splitlines", "startswith", "strip", "swapcase", "title", "translate", "upper", "zfill",
  ]
  static let ofNumbers: Set<String> = [
    "as_integer_ratio", "bit_count", "bit_length", "conjugate", "denominator", "from_bytes", "fromhex", "hex",
    "imag",
    "is_integer", "numerator", "real", "to_bytes",
  ]
}
