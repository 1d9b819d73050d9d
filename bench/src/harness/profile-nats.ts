import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

const SLICE_SECONDS = 2;

/**
 * Profiles nats-server until the returned function is called. `nats-server-<turn>-<slice>-cpu.pb.gz` says for what it
 * used processors in two seconds, `-heap.pb.gz` what was in its memory at their end; both are read by `go tool pprof`.
 * @param url base of the server's `prof_port`
 */
export function profileNats(url: string, folder: string, turn: string): () => Promise<void> {
  let over = false;
  const save = async (question: string, name: string): Promise<void> => {
    const response = await fetch(`${url}/debug/pprof/${question}`);
    if (!response.ok) throw new Error(`nats-server gives no profile: ${await response.text()}`);
    await writeFile(path.join(folder, `nats-server-${turn}-${name}.pb.gz`), await response.bytes());
  };
  const slices = async (): Promise<void> => {
    await mkdir(folder, { recursive: true });
    for (let slice = 0; !over; slice += 1) {
      const name = String(slice).padStart(3, '0');
      await save(`profile?seconds=${SLICE_SECONDS}`, `${name}-cpu`);
      await save('heap', `${name}-heap`);
    }
  };
  const running = slices();
  // Whoever stops it gets the error.
  running.catch(() => undefined);
  return async () => {
    over = true;
    await running;
  };
}
