/// The encoder that `Encodable` types write to.
struct CBORItemEncoder: Encoder {
  let item: CBORItem
  var codingPath: [any CodingKey] { item.codingPath }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    item.becomeMap()
    return KeyedEncodingContainer(Keyed(item: item))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    item.becomeList()
    return Unkeyed(item: item)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { Single(item: item) }

  struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let item: CBORItem
    var codingPath: [any CodingKey] { item.codingPath }

    func encodeNil(forKey key: Key) { item.scalar(key) { CBOR.writeNull(to: &$0) } }
    func encode(_ value: Bool, forKey key: Key) { item.scalar(key) { CBOR.write(value, to: &$0) } }
    func encode(_ value: String, forKey key: Key) { item.scalar(key) { CBOR.write(value, to: &$0) } }
    func encode(_ value: Double, forKey key: Key) { item.scalar(key) { CBOR.write(value, to: &$0) } }
    func encode(_ value: Int, forKey key: Key) { item.scalar(key) { CBOR.write(value, to: &$0) } }
    func encode(_ value: some Encodable, forKey key: Key) throws { try item.encode(value, key) }

    func nestedContainer<Nested: CodingKey>(
      keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> { CBORItemEncoder(item: item.child(key)).container(keyedBy: type) }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
      CBORItemEncoder(item: item.child(key)).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { CBORItemEncoder(item: item.child(SuperKey())) }
    func superEncoder(forKey key: Key) -> any Encoder { CBORItemEncoder(item: item.child(key)) }
  }

  /// The key under which a superclass is encoded.
  struct SuperKey: CodingKey {
    var stringValue: String { "super" }
    var intValue: Int? { nil }
    init() {}
    init?(stringValue: String) { if stringValue != "super" { return nil } }
    init?(intValue: Int) { nil }
  }

  struct Unkeyed: UnkeyedEncodingContainer {
    let item: CBORItem
    var codingPath: [any CodingKey] { item.codingPath }
    var count: Int { item.count }

    func encodeNil() { item.scalar { CBOR.writeNull(to: &$0) } }
    func encode(_ value: Bool) { item.scalar { CBOR.write(value, to: &$0) } }
    func encode(_ value: String) { item.scalar { CBOR.write(value, to: &$0) } }
    func encode(_ value: Int) { item.scalar { CBOR.write(value, to: &$0) } }
    func encode(_ value: some Encodable) throws { try item.encode(value) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
      CBORItemEncoder(item: item.child()).container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
      CBORItemEncoder(item: item.child()).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { CBORItemEncoder(item: item.child()) }
  }

  struct Single: SingleValueEncodingContainer {
    let item: CBORItem
    var codingPath: [any CodingKey] { item.codingPath }

    func encodeNil() { item.scalar { CBOR.writeNull(to: &$0) } }
    func encode(_ value: Bool) { item.scalar { CBOR.write(value, to: &$0) } }
    func encode(_ value: String) { item.scalar { CBOR.write(value, to: &$0) } }
    func encode(_ value: Double) { item.scalar { CBOR.write(value, to: &$0) } }
    func encode(_ value: Float) { item.scalar { CBOR.write(value, to: &$0) } }
    func encode(_ value: some Encodable & BinaryInteger) { item.scalar { CBOR.write(value, to: &$0) } }
    func encode(_ value: some Encodable) throws { try item.encode(value) }
  }
}
