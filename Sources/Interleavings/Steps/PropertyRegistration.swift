/// Where a test says what must hold in the schedule that this thread plays.
package enum PropertyRegistration {
  /// Adds a property that holds after every part. Returns false if this thread plays no schedule.
  package static func always(
    _ text: String, place: String, _ holds: @escaping @Sendable () -> Bool
  ) -> Bool {
    guard let queue = GlobalHook.queue else { return false }
    queue.properties.add(ScheduleProperties.Always(text: text, place: place, holds: holds))
    return true
  }

  /// Adds a property that holds after some of the next `limit` parts. Returns false if this thread plays no schedule.
  package static func eventually(
    _ text: String, within limit: Int, place: String, state: (@Sendable () -> AnyHashable)?,
    _ holds: @escaping @Sendable () -> Bool
  ) -> Bool {
    guard let queue = GlobalHook.queue else { return false }
    queue.properties.add(
      ScheduleProperties.Eventually(
        text: text, place: place, holds: holds, state: state, limit: limit, start: queue.partCount))
    return true
  }
}
