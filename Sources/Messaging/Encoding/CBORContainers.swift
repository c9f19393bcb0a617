/// What `Encodable` types write themselves to.
struct CBORItemEncoder: Encoder {
  let item: CBORItem
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    item.becomeMap()
    return KeyedEncodingContainer(Keyed(item: item, codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    item.becomeList()
    return Unkeyed(item: item, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer {
    Single(item: item, codingPath: codingPath)
  }

  struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let item: CBORItem
    let codingPath: [any CodingKey]

    func encodeNil(forKey key: Key) { item.insert(key.stringValue).encodeNil() }

    func encode(_ value: some Encodable, forKey key: Key) throws {
      try item.insert(key.stringValue).encode(value, at: codingPath + [key])
    }

    func nestedContainer<Nested: CodingKey>(
      keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> { child(key).container(keyedBy: type) }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
      child(key).unkeyedContainer()
    }

    func superEncoder() -> any Encoder {
      CBORItemEncoder(item: item.insert("super"), codingPath: codingPath)
    }

    func superEncoder(forKey key: Key) -> any Encoder { child(key) }

    private func child(_ key: Key) -> CBORItemEncoder {
      CBORItemEncoder(item: item.insert(key.stringValue), codingPath: codingPath + [key])
    }
  }

  struct Unkeyed: UnkeyedEncodingContainer {
    let item: CBORItem
    let codingPath: [any CodingKey]
    var count: Int { item.count }

    func encodeNil() { item.append().encodeNil() }
    func encode(_ value: some Encodable) throws { try item.append().encode(value, at: codingPath) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
      CBORItemEncoder(item: item.append(), codingPath: codingPath).container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
      CBORItemEncoder(item: item.append(), codingPath: codingPath).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { CBORItemEncoder(item: item.append(), codingPath: codingPath) }
  }

  struct Single: SingleValueEncodingContainer {
    let item: CBORItem
    let codingPath: [any CodingKey]

    func encodeNil() { item.encodeNil() }
    func encode(_ value: Bool) { item.encode(value) }
    func encode(_ value: String) { item.encode(value) }
    func encode(_ value: Double) { item.encode(value) }
    func encode(_ value: Float) { item.encode(value) }
    func encode(_ value: Int) { item.encode(value) }
    func encode(_ value: Int8) { item.encode(value) }
    func encode(_ value: Int16) { item.encode(value) }
    func encode(_ value: Int32) { item.encode(value) }
    func encode(_ value: Int64) { item.encode(value) }
    func encode(_ value: UInt) { item.encode(value) }
    func encode(_ value: UInt8) { item.encode(value) }
    func encode(_ value: UInt16) { item.encode(value) }
    func encode(_ value: UInt32) { item.encode(value) }
    func encode(_ value: UInt64) { item.encode(value) }
    func encode(_ value: some Encodable) throws { try item.encode(value, at: codingPath) }
  }
}
