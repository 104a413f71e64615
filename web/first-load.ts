import { brotliCompressSync } from "node:zlib";
import type { Plugin, Rollup } from "vite";

/** Routes that the ticket page needs before it can show a ticket. */
const ROUTES = ["/src/routes/_app.tsx", "/src/routes/_app/tickets/route.tsx", "/src/routes/_app/tickets/$ticket.tsx"];
/** Bytes of JavaScript, compressed as the server sends it. */
const LIMIT = 250_000;

/** Fails the build when the first load of the ticket page is larger than people should wait for. */
export function firstLoad(): Plugin {
  return {
    name: "first-load",
    apply: "build",
    generateBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter((file) => file.type === "chunk");
      const needed = closure(chunks, (chunk) => chunk.isEntry || chunk.moduleIds.some(isRoute));
      const missing = ROUTES.filter(
        (route) => ![...needed].some((chunk) => chunk.moduleIds.some((id) => at(id, route))),
      );
      if (missing.length > 0)
        this.error(`the routes of the ticket page are not where they were: ${missing.join(", ")}`);
      const sizes = [...needed].map(({ fileName, code }) => ({ fileName, bytes: brotliCompressSync(code).length }));
      const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
      const text = `first load of the ticket page: ${kilobytes(total)} of JavaScript in ${String(needed.size)} files`;
      if (total > LIMIT) {
        const largest = sizes.sort((a, b) => b.bytes - a.bytes).slice(0, 8);
        const list = largest.map(({ fileName, bytes }) => `${fileName} ${kilobytes(bytes)}`).join(", ");
        this.error(`${text}, more than ${kilobytes(LIMIT)}; the largest: ${list}`);
      }
      this.info(text);
    },
  };
}

function isRoute(id: string): boolean {
  return ROUTES.some((route) => at(id, route));
}

/** Route files are split, so that their parts have a query behind their name. */
function at(id: string, route: string): boolean {
  return id.split("?")[0]?.endsWith(route) ?? false;
}

/** Chunks that fit, and all that they import. */
function closure(chunks: Rollup.OutputChunk[], fits: (chunk: Rollup.OutputChunk) => boolean) {
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const found = new Set<Rollup.OutputChunk>();
  const add = (chunk: Rollup.OutputChunk | undefined) => {
    if (!chunk || found.has(chunk)) return;
    found.add(chunk);
    for (const name of chunk.imports) add(byName.get(name));
  };
  for (const chunk of chunks) if (fits(chunk)) add(chunk);
  return found;
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1_000).toFixed(1)} kB`;
}
