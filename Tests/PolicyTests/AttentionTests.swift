import Testing

@testable import Policy

@Suite("Attention's backward pass")
struct AttentionTests {
  private static func numbers(_ count: Int, _ seed: Int) -> [Float] {
    (0..<count).map { Float(($0 * 37 + seed * 101) % 199) / 100 - 1 }
  }

  @Test(
    "slopes of queries, keys and values are those of the definition, also where a key begins a new sixteen",
    arguments: [[20], [37], [16, 21], [21, 16], [5, 7, 21]])
  func definition(counts: [Int]) {
    let configuration = ModelConfiguration(
      vocabularySize: 20, hiddenSize: 16, layerCount: 1, headCount: 4, keyValueHeadCount: 2, headDimension: 8,
      intermediateSize: 24)
    let attention = Attention(configuration)
    let (heads, shared, dimension, keys) = (4, 2, 8, counts.reduce(0, +))
    let span = Attention.Span(firstPosition: 2, count: keys - 2)
    let (q, dy) = (
      Self.numbers(span.count * heads * dimension, 1), Self.numbers(span.count * heads * dimension, 2)
    )
    let (k, v) = (Self.numbers(keys * shared * dimension, 3), Self.numbers(keys * shared * dimension, 4))
    var probabilities = [Float](repeating: 0, count: attention.probabilityCount(span))
    var dq = [Double](repeating: 0, count: q.count)
    var (dk, dv) = ([Double](repeating: 0, count: k.count), [Double](repeating: 0, count: v.count))
    for head in 0..<heads {
      for query in 0..<span.count {
        let (row, seen) = ((query * heads + head) * dimension, span.firstPosition + query + 1)
        func key(_ index: Int) -> Int { (index * shared + head / 2) * dimension }
        func product(_ a: [Float], _ i: Int, _ b: [Float], _ j: Int) -> Double {
          (0..<dimension).reduce(0) { $0 + Double(a[i + $1]) * Double(b[j + $1]) }
        }
        let weights = (0..<seen).map {
          Double(Elementary.exp(product(q, row, k, key($0)) * Double(attention.scale)))
        }
        let p = weights.map { $0 / weights.reduce(0, +) }
        let dp = (0..<seen).map { product(dy, row, v, key($0)) }
        let mean = zip(p, dp).reduce(0) { $0 + $1.0 * $1.1 }
        for index in 0..<seen {
          probabilities[(head * span.count + query) * span.stride + index] = Float(p[index])
          let slope = p[index] * (dp[index] - mean) * Double(attention.scale)
          for place in 0..<dimension {
            dq[row + place] += slope * Double(k[key(index) + place])
            dk[key(index) + place] += slope * Double(q[row + place])
            dv[key(index) + place] += p[index] * Double(dy[row + place])
          }
        }
      }
    }
    // Neither what is written nor what lies in the scratch memory has a part in the result.
    var gotQ = [Float](repeating: .nan, count: q.count)
    var (gotK, gotV) = ([Float](repeating: 0, count: k.count), [Float](repeating: 0, count: v.count))
    var scratch = [Float](
      repeating: .nan, count: attention.scratchCount(span, pieces: counts.count, kept: true))
    k.withUnsafeBufferPointer { k in
      v.withUnsafeBufferPointer { v in
        gotK.withUnsafeMutableBufferPointer { dk in
          gotV.withUnsafeMutableBufferPointer { dv in
            guard let k = k.baseAddress, let v = v.baseAddress, let dk = dk.baseAddress,
              let dv = dv.baseAddress
            else { return }
            var (pieces, first) = ([Attention.Piece](), 0)
            for count in counts {
              let place = first * shared * dimension
              pieces.append(
                .init(
                  first: first, count: count, keys: k + place, values: v + place, dkeys: dk + place,
                  dvalues: dv + place))
              first += count
            }
            attention.backward(
              span, doutput: dy, queries: q, pieces: pieces, probabilities: probabilities, dqueries: &gotQ,
              scratch: &scratch, keyValueHeads: 0..<shared)
          }
        }
      }
    }
    for (got, expected) in [(gotQ, dq), (gotK, dk), (gotV, dv)] {
      let worst = zip(got, expected).map { abs(Double($0) - $1) }.max() ?? 1
      #expect(worst < 1e-4)
    }
  }
}
