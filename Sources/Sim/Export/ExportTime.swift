import Messaging

/// Virtual time as other tools want it: nanoseconds, or a date.
///
/// Virtual time has no date. Exports say that it begins at ``epoch``, which is so round that nobody takes it for the
/// time of a run, and late enough for tools that refuse 1970.
package enum ExportTime {
  /// The beginning of virtual time, 2000-01-01T00:00:00Z, in seconds since 1970.
  package static let epoch = 946_684_800
  /// The same as a text for people.
  package static let epochText = "2000-01-01T00:00:00Z"

  /// The latest time that is told, about 126 years in nanoseconds. Later times are told as this one.
  private static let latest: Int64 = 4_000_000_000_000_000_000

  /// The whole nanoseconds of a virtual time.
  package static func nanoseconds(_ time: Duration) -> Int64 {
    let (seconds, attoseconds) = time.components
    let (scaled, isTooLate) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    guard !isTooLate, abs(scaled / 2) < latest / 2 else { return seconds < 0 ? 0 : latest }
    return max(0, scaled + attoseconds / 1_000_000_000)
  }

  /// Nanoseconds since 1970 of a virtual time.
  package static func unixNanoseconds(_ time: Duration) -> Int64 {
    nanoseconds(time) + Int64(epoch) * 1_000_000_000
  }

  /// The date of a virtual time as in ISO 8601, with microseconds: `2000-01-01T00:00:00.080000+00:00`.
  ///
  /// The calendar is that of Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2013), `civil_from_days`.
  package static func date(_ time: Duration) -> String {
    let nanoseconds = unixNanoseconds(time)
    let (days, ofDay) = (Int(nanoseconds / 86_400_000_000_000), Int(nanoseconds % 86_400_000_000_000))
    // Years are counted from March, so that the leap day is the last of a year.
    let shifted = days + 719_468
    let (era, dayOfEra) = (shifted / 146_097, shifted % 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let fromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * fromMarch + 2) / 5 + 1
    let month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let seconds = ofDay / 1_000_000_000
    return "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))"
      + "T\(digits(seconds / 3600, 2)):\(digits(seconds / 60 % 60, 2)):\(digits(seconds % 60, 2))"
      + ".\(digits(ofDay % 1_000_000_000 / 1000, 6))+00:00"
  }

  /// A number that is not negative, with zeros before it up to `count` digits.
  static func digits(_ number: Int, _ count: Int) -> String {
    let text = "\(number)"
    return String(repeating: "0", count: max(0, count - text.count)) + text
  }
}
