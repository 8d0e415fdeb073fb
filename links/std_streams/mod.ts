/** Stand-in for `jsr:@std/streams` where JSR cannot be reached: what we use of it. */

export async function toArrayBuffer(
  stream: ReadableStream<Uint8Array>,
): Promise<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return await new Blob(parts as BlobPart[]).arrayBuffer();
}

export async function toBytes(
  stream: ReadableStream<Uint8Array>,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await toArrayBuffer(stream));
}

export async function toText(
  stream: ReadableStream,
): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const part of stream) {
    text += typeof part === "string"
      ? part
      : decoder.decode(part, { stream: true });
  }
  return text + decoder.decode();
}
