import * as z from "zod/mini";

// zod may compile its checks with `new Function`, which the page's policy forbids.
z.config({ jitless: true });

export { z };
