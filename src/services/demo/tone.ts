const RATE = 8_000;
const HEADER = 44;
/** The middle of eight bits, and how far a quiet tone goes from it. */
const SILENCE = 128;
const LOUDNESS = 40;

/** A tone of so many seconds, as WAV: eight bits a sample, one channel. */
export function tone(seconds: number, hertz: number): Buffer {
  const samples = Math.round(seconds * RATE);
  const bytes = Buffer.alloc(HEADER + samples);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  bytes.writeUInt32LE(16, 16);
  // Not compressed.
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(RATE, 24);
  bytes.writeUInt32LE(RATE, 28);
  bytes.writeUInt16LE(1, 32);
  bytes.writeUInt16LE(8, 34);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(samples, 40);
  for (let at = 0; at < samples; at += 1) {
    bytes[HEADER + at] = SILENCE + Math.round(LOUDNESS * Math.sin((2 * Math.PI * hertz * at) / RATE));
  }
  return bytes;
}
