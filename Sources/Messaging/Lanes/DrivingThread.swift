import Glibc

/// The link from the current thread to the episode that it drives.
enum DrivingThread {
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    let status = pthread_key_create(&key, nil)
    precondition(status == 0, "no key for thread-local storage is left")
    return key
  }()

  /// The job queue of that episode. It is not retained: whoever sets it keeps the queue alive until it is unset.
  static var queue: JobQueue? {
    get { pthread_getspecific(key).map { Unmanaged<JobQueue>.fromOpaque($0).takeUnretainedValue() } }
    set {
      pthread_setspecific(key, newValue.map { UnsafeRawPointer(Unmanaged.passUnretained($0).toOpaque()) })
    }
  }
}
