/// The date and time that a template's `strftime_now` sees.
///
/// Rendering never looks at a clock, so the date is given, and a template that asks for one without it fails.
public struct TemplateDate: Sendable, Hashable {
  let year: Int
  let month: Int
  let day: Int
  let hour: Int
  let minute: Int
  let second: Int

  /// Any date, to see whether a format can be written.
  static let sample = TemplateDate(2000, 1, 1)

  private init(_ year: Int, _ month: Int, _ day: Int) {
    (self.year, self.month, self.day) = (year, month, day)
    (hour, minute, second) = (0, 0, 0)
  }

  /// Makes a date of the Gregorian calendar between the years 1000 and 9999; `nil` if there is no such date or time.
  public init?(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
    guard (1000...9999).contains(year), (1...12).contains(month), (0...23).contains(hour),
      (0...59).contains(minute), (0...59).contains(second), day >= 1, day <= Self.days(year, month)
    else { return nil }
    (self.year, self.month, self.day) = (year, month, day)
    (self.hour, self.minute, self.second) = (hour, minute, second)
  }

  private static func days(_ year: Int, _ month: Int) -> Int {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  }

  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November",
    "December",
  ]
  private static let weekdays = [
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
  ]

  /// The days of the year up to this one, with it.
  private var dayOfYear: Int { (1..<month).reduce(day) { $0 + Self.days(year, $1) } }

  /// 0 on Sundays.
  private var weekday: Int {
    let before = year - 1
    return (before * 365 + before / 4 - before / 100 + before / 400 + dayOfYear) % 7
  }

  /// The date in the format of `strftime`, in English; `nil` if the format has a directive other than
  /// `%Y %y %m %d %B %b %A %a %H %M %S %j %%`.
  func written(_ format: String) -> String? {
    func padded(_ number: Int, _ width: Int = 2) -> String {
      let text = "\(number)"
      return String(repeating: "0", count: max(0, width - text.count)) + text
    }
    var result = ""
    var scalars = format.unicodeScalars.makeIterator()
    while let scalar = scalars.next() {
      guard scalar == "%" else {
        result.unicodeScalars.append(scalar)
        continue
      }
      switch scalars.next() {
      case "Y": result += "\(year)"
      case "y": result += padded(year % 100)
      case "m": result += padded(month)
      case "d": result += padded(day)
      case "B": result += Self.months[month - 1]
      case "b": result += Self.months[month - 1].prefix(3)
      case "A": result += Self.weekdays[weekday]
      case "a": result += Self.weekdays[weekday].prefix(3)
      case "H": result += padded(hour)
      case "M": result += padded(minute)
      case "S": result += padded(second)
      case "j": result += padded(dayOfYear, 3)
      case "%": result += "%"
      default: return nil
      }
    }
    return result
  }
}
