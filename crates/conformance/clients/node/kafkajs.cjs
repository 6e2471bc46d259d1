// kafkajs. The codecs other than gzip are packages of their own, registered by hand as its manual says.

const assert = require('node:assert/strict')
const { setTimeout: sleep } = require('node:timers/promises')
const { CompressionCodecs, CompressionTypes, ConfigResourceTypes, Kafka, logLevel } = require('kafkajs')
const LZ4 = require('kafkajs-lz4')
const Snappy = require('kafkajs-snappy')
const zstd = require('@mongodb-js/zstd')

CompressionCodecs[CompressionTypes.Snappy] = Snappy
CompressionCodecs[CompressionTypes.LZ4] = new LZ4().codec
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: encoder => zstd.compress(encoder.buffer),
  decompress: buffer => zstd.decompress(buffer)
})

const PREFIX = process.env.PREFIX
const COUNT = 100
const PATIENCE_MS = 90_000
const CODECS = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD
}

const kafka = new Kafka({
  brokers: [process.env.BOOTSTRAP],
  clientId: 'conformance',
  logLevel: logLevel.WARN,
  requestTimeout: 60_000
})
const admin = kafka.admin()
const running = new Set()

function records (count = COUNT) {
  const start = Date.now() - COUNT * 1000
  return Array.from({ length: count }, (_, i) => ({
    key: `key-${i}`,
    value: `value-${i}` + 'x'.repeat(100),
    headers: { number: String(i) },
    timestamp: String(start + i * 1000),
    partition: 0
  }))
}

async function until (what, condition) {
  const end = Date.now() + PATIENCE_MS
  let last
  while (Date.now() < end) {
    try {
      last = await condition()
      if (last) return last
    } catch (error) {
      if (error.type === undefined) throw error
      last = error // an error of the broker counts as not yet
    }
    await sleep(50)
  }
  throw new Error(`${what}: not after ${PATIENCE_MS / 1000} s, last ${last}`)
}

function report (feature, outcome, detail = '') {
  console.log([feature, outcome, detail].join('\t'))
}

async function cell (feature, check) {
  try {
    await check()
    report(feature, 'ok')
  } catch (error) {
    console.error(error)
    report(feature, 'fail', String(error).replace(/\s+/g, ' ').slice(0, 500))
  }
}

async function refused (type, action) {
  let error
  try {
    await action()
  } catch (caught) {
    error = caught
  }
  assert(error, `not refused, ${type} was due`)
  const types = []
  for (let e = error; e; e = e.cause ?? e.errors?.[0]) types.push(e.type)
  assert(types.includes(type), `${types} instead of ${type}: ${error}`)
}

async function create (name, partitions, configEntries = []) {
  const topic = { topic: name, numPartitions: partitions, replicationFactor: 1, configEntries }
  assert.equal(await admin.createTopics({ topics: [topic], waitForLeaders: true }), true)
}

async function partitionCount (topic) {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  return topics[0].partitions.length
}

async function retention (name) {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name, configNames: ['retention.ms'] }]
  })
  return resources[0].configEntries[0].configValue
}

async function described (topic, partitions, value) {
  await until(`${partitions} partitions, retention ${value}`, async () =>
    (await partitionCount(topic)) === partitions && (await retention(topic)) === value)
}

async function send (topic, messages, codec = 'none', idempotent = false) {
  const producer = kafka.producer({ idempotent, allowAutoTopicCreation: false, retry: { retries: 3 } })
  await producer.connect()
  try {
    return await producer.send({ topic, messages, compression: CODECS[codec], acks: -1 })
  } finally {
    await producer.disconnect()
  }
}

async function produced (name, codec = 'none', idempotent = false) {
  await create(PREFIX + name, 1)
  const sent = records()
  const [acknowledged] = await send(PREFIX + name, sent, codec, idempotent)
  assert.equal(acknowledged.errorCode, 0)
  assert.equal(acknowledged.baseOffset, '0') // kafkajs sends them as one batch
  return sent
}

// A running consumer: what it has read, and what it holds.
async function reader (group, topic, options = {}) {
  const consumer = kafka.consumer({ groupId: group, allowAutoTopicCreation: false, maxWaitTimeInMs: 500 })
  const state = { seen: [], held: 0, consumer }
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    state.held = (payload.memberAssignment[topic] ?? []).length
  })
  consumer.on(consumer.events.REBALANCING, () => { state.held = 0 })
  await consumer.connect()
  running.add(consumer)
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ partition, message }) => { state.seen.push({ partition, ...message }) },
    ...options
  })
  state.close = async () => {
    await consumer.disconnect()
    running.delete(consumer)
  }
  return state
}

function number (message) {
  return Number(message.key.toString().slice('key-'.length))
}

async function consumed (name) {
  const state = await reader(PREFIX + 'consume-' + name, PREFIX + name)
  await until(`${COUNT} records of ${name}`, () => state.seen.length >= COUNT)
  await state.close()
  assert.equal(state.seen.length, COUNT)
  records().forEach((sent, i) => {
    const seen = state.seen[i]
    assert.deepEqual(
      [seen.offset, seen.key.toString(), seen.value.toString(), seen.headers.number.toString()],
      [String(i), sent.key, sent.value, sent.headers.number])
    assert.deepEqual(Object.keys(seen.headers), ['number'])
  })
}

async function rebalanced () {
  const topic = PREFIX + 'group'
  await create(topic, 6)
  const members = await Promise.all([1, 2, 3].map(() => reader(topic, topic)))
  await until('two partitions each', () => members.every(member => member.held === 2))
  await members.pop().close()
  await until('three partitions each', () => members.every(member => member.held === 3))
  const sent = records(60).map((record, i) => ({ ...record, partition: i % 6 }))
  await send(topic, sent)
  await until('60 records', () => members[0].seen.length + members[1].seen.length >= 60)
  await Promise.all(members.map(member => member.close()))
  const keys = members.flatMap(member => member.seen.map(number)).sort((a, b) => a - b)
  assert.deepEqual(keys, sent.map((_, i) => i))
}

async function committed (name) {
  const topic = PREFIX + name
  await produced(name)
  const state = await reader(topic, topic)
  await until('50 records', () => state.seen.length >= 50)
  await state.consumer.commitOffsets([{ topic, partition: 0, offset: '50' }])
  await state.close()
}

async function resumed (name) {
  const state = await reader(PREFIX + name, PREFIX + name)
  await until('the second half', () => state.seen.length >= 50)
  await state.close()
  assert.deepEqual(state.seen.map(number), Array.from({ length: 50 }, (_, i) => 50 + i))
  assert.equal(state.seen[0].offset, '50')
}

async function sought () {
  const topic = PREFIX + 'timestamp'
  const sent = await produced('timestamp')
  const at = async time => (await admin.fetchTopicOffsetsByTimestamp(topic, time))[0].offset
  assert.equal(await at(Number(sent[50].timestamp)), '50')
  assert.equal(await at(Number(sent[49].timestamp) + 1), '50')
  const [ends] = await admin.fetchTopicOffsets(topic)
  assert.deepEqual([ends.low, ends.high], ['0', '100'])
  const state = await reader(topic, topic)
  await until('the first records', () => state.seen.length >= COUNT)
  state.seen.length = 0
  state.consumer.seek({ topic, partition: 0, offset: '50' })
  await until('records from 50', () => state.seen.length >= 50)
  await state.close()
  assert.equal(number(state.seen[0]), 50)
}

async function before () {
  const topic = PREFIX + 'admin'
  await cell('create', () => create(topic, 2, [{ name: 'retention.ms', value: '3600000' }]))
  await cell('describe', () => described(topic, 2, '3600000'))
  await cell('alter', async () => {
    await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] })
    const configEntries = [{ name: 'retention.ms', value: '7200000' }]
    const resources = [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }]
    await admin.alterConfigs({ validateOnly: false, resources })
    await described(topic, 4, '7200000')
  })
  await cell('delete', async () => {
    await admin.deleteTopics({ topics: [topic] })
    await until('topic gone', async () => !(await admin.listTopics()).includes(topic))
  })
  for (const codec of Object.keys(CODECS)) await cell(codec, () => produced(codec, codec))
  await cell('idempotent', () => produced('idempotent', 'none', true))
  await cell('consume', () => Promise.all(Object.keys(CODECS).map(consumed)))
  await cell('group', rebalanced)
  await cell('resume', async () => {
    await committed('resume')
    await resumed('resume')
  })
  await cell('timestamp', sought)
  await cell('bad-name', () => refused('INVALID_TOPIC_EXCEPTION', () => create('bad name!', 1)))
  await cell('unknown-topic', () =>
    refused('UNKNOWN_TOPIC_OR_PARTITION', () => admin.fetchTopicMetadata({ topics: [PREFIX + 'nowhere'] })))
  await cell('too-large', async () => {
    await create(PREFIX + 'too-large', 1)
    const record = { ...records(1)[0], value: 'x'.repeat(2_000_000) }
    await refused('MESSAGE_TOO_LARGE', () => send(PREFIX + 'too-large', [record]))
  })
  await committed('restart').catch(console.error) // the cell fails after the restart
}

async function main () {
  await admin.connect()
  if (process.argv[2] === 'after') await cell('restart', () => resumed('restart'))
  else await before()
  await admin.disconnect()
  await Promise.all([...running].map(consumer => consumer.disconnect()))
}

main().catch(error => {
  console.error(error)
  process.exitCode = 1
})
