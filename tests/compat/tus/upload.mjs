// Uploads a file with tus-js-client, and tells on standard output what it does, a line each.
// usage: node upload.mjs '{"endpoint": …, "token": …, "image": …, "file": …, "storage": …, "chunk": bytes, "retry": [milliseconds],
//                          "checksum": "sha256", "holdAt": bytes, "abortAt": bytes}'
// holdAt: the piece that begins there waits for a line on standard input before it is sent. abortAt: the upload is terminated there.
import { createHash } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import { once } from 'node:events'
import * as tus from 'tus-js-client'

const options = JSON.parse(process.argv[2])
const say = (...words) => console.log(words.join(' '))

const upload = new tus.Upload(createReadStream(options.file), {
  endpoint: options.endpoint,
  headers: { 'X-Auth-Token': options.token },
  metadata: { filename: 'disk.raw', image_id: options.image },
  chunkSize: options.chunk,
  retryDelays: options.retry ?? null,
  urlStorage: options.storage ? new tus.FileUrlStorage(options.storage) : undefined,
  async onBeforeRequest(request) {
    say(request.getMethod(), request.getURL())
    const offset = Number(request.getHeader('Upload-Offset'))
    if (request.getMethod() !== 'PATCH') return
    if (options.checksum) {
      const piece = readFileSync(options.file).subarray(offset, offset + options.chunk)
      request.setHeader('Upload-Checksum', `${options.checksum} ${createHash(options.checksum).update(piece).digest('base64')}`)
    }
    if (offset === options.abortAt) {
      say('aborting')
      await upload.abort(true)
      say('aborted')
      process.exit(0)
    }
    if (offset === options.holdAt) {
      options.holdAt = undefined
      say('holding')
      await once(process.stdin, 'data')
    }
  },
  onChunkComplete(size, sent) { say('chunk', sent) },
  onError(error) {
    say('error', error.message.replaceAll('\n', ' '))
    process.exit(1)
  },
  onSuccess() {
    say('done', upload.url)
    process.exit(0)
  },
})

for (const previous of await upload.findPreviousUploads()) {
  say('resuming', previous.uploadUrl)
  upload.resumeFromPreviousUpload(previous)
}
upload.start()
