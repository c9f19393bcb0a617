import Foundation
import Synchronization

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Sends requests by `URLSession` and collects what comes back, up to a limit of bytes and of time.
///
/// It follows no redirects, keeps no cookies and caches nothing.
final class HTTPTransport: NSObject, Sendable {
  /// What came back.
  struct Response: Sendable {
    var status: Int
    /// The header `Retry-After`.
    var retryAfter: String?
    var isEventStream: Bool
    var body: [UInt8]
  }
  typealias Completion = @Sendable (Result<Response, RemoteFailure>) -> Void

  private struct Exchange {
    var timeout: Double
    var limit: Int
    var response = Response(status: 0, retryAfter: nil, isEventStream: false, body: [])
    var failure: RemoteFailure?
    var completion: Completion
  }

  private let exchanges = Mutex<[Int: Exchange]>([:])
  private let session = Mutex<URLSession?>(nil)
  private let timers = DispatchQueue(label: "troupe.http.timers")
  /// Runs the session's callbacks, and also what cancels: Foundation on Linux ends the process if a task is cancelled while one of its
  /// callbacks has not answered yet.
  private let queue: OperationQueue

  override init() {
    queue = OperationQueue()
    queue.maxConcurrentOperationCount = 1
    super.init()
    let configuration = URLSessionConfiguration.ephemeral
    configuration.httpCookieStorage = nil
    configuration.urlCache = nil
    configuration.httpShouldSetCookies = false
    configuration.httpMaximumConnectionsPerHost = 256
    let made = URLSession(configuration: configuration, delegate: self, delegateQueue: queue)
    session.withLock { $0 = made }
  }

  /// Ends the session, which otherwise keeps this object for ever.
  func close() {
    guard let session = session.withLock({ $0.take() }) else { return }
    queue.addOperation { session.invalidateAndCancel() }
  }

  /// Sends a request. `completion` is called once, on another thread.
  func send(_ request: URLRequest, timeout: Double, limit: Int, _ completion: @escaping Completion) {
    var request = request
    // The whole time is measured here, and not by the session, which starts anew with each byte.
    request.timeoutInterval = timeout + 5
    let sent = request
    let task = session.withLock { session -> URLSessionDataTask? in
      guard let task = session?.dataTask(with: sent) else { return nil }
      exchanges.withLock {
        $0[task.taskIdentifier] = Exchange(timeout: timeout, limit: limit, completion: completion)
      }
      return task
    }
    guard let task else { return completion(.failure(.connection("the session has ended"))) }
    task.resume()
    let number = task.taskIdentifier
    timers.asyncAfter(deadline: .now() + timeout) { [weak self] in
      self?.end(number, .failure(.timeout(timeout)))
      self?.queue.addOperation { task.cancel() }
    }
  }

  /// Ends a request, unless it has ended.
  private func end(_ number: Int, _ result: Result<Response, RemoteFailure>) {
    let ended = exchanges.withLock { $0.removeValue(forKey: number) }
    ended?.completion(result)
  }
}

extension HTTPTransport: URLSessionDataDelegate {
  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
  ) {
    let answer = response as? HTTPURLResponse
    exchanges.withLock { exchanges in
      guard var known = exchanges[dataTask.taskIdentifier] else { return }
      known.response.status = answer?.statusCode ?? 0
      known.response.retryAfter = answer?.value(forHTTPHeaderField: "Retry-After")
      let type = answer?.value(forHTTPHeaderField: "Content-Type") ?? ""
      known.response.isEventStream = type.lowercased().hasPrefix("text/event-stream")
      exchanges[dataTask.taskIdentifier] = known
    }
    completionHandler(.allow)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    let failure = exchanges.withLock { exchanges -> RemoteFailure? in
      guard let limit = exchanges[dataTask.taskIdentifier]?.limit else { return nil }
      exchanges[dataTask.taskIdentifier]?.response.body += data
      guard let count = exchanges[dataTask.taskIdentifier]?.response.body.count, count > limit else {
        return nil
      }
      return .tooLarge(limit)
    }
    guard let failure else { return }
    end(dataTask.taskIdentifier, .failure(failure))
    queue.addOperation { dataTask.cancel() }
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest request: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
  ) {
    let place = request.url?.host ?? "another address"
    // The answer comes first: whoever is told of the failure may end the session.
    completionHandler(nil)
    end(task.taskIdentifier, .failure(.redirect(place)))
  }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
    let known = exchanges.withLock { $0[task.taskIdentifier] }
    guard let known else { return }
    if let error {
      end(task.taskIdentifier, .failure(Self.failure(of: error, timeout: known.timeout)))
    } else {
      end(task.taskIdentifier, .success(known.response))
    }
  }

  private static func failure(of error: any Error, timeout: Double) -> RemoteFailure {
    let code = (error as? URLError)?.code
    switch code {
    case .timedOut?: return .timeout(timeout)
    case .secureConnectionFailed?, .serverCertificateUntrusted?, .serverCertificateHasBadDate?,
      .serverCertificateHasUnknownRoot?, .serverCertificateNotYetValid?, .clientCertificateRejected?,
      .clientCertificateRequired?:
      return .security(error.localizedDescription)
    case .cannotFindHost?, .dnsLookupFailed?: return .connection("the host cannot be found")
    case .cannotConnectToHost?: return .connection("nobody listens there")
    case .networkConnectionLost?: return .connection("it broke")
    default:
      // Foundation on Linux gives most errors of TLS no code of their own, only the text of OpenSSL.
      let what = error.localizedDescription
      return what.contains("SSL") || what.contains("certificate") ? .security(what) : .connection(what)
    }
  }
}
