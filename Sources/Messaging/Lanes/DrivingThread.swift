import CTaskHooks

/// The link from the current thread to the episode that it drives.
enum DrivingThread {
  /// The job queue of that episode. It is not retained: whoever sets it keeps the queue alive until it is unset.
  static var queue: JobQueue? {
    get { troupe_driven().map { Unmanaged<JobQueue>.fromOpaque($0).takeUnretainedValue() } }
    set { troupe_set_driven(newValue.map { Unmanaged.passUnretained($0).toOpaque() }) }
  }
}
