import "@fontsource-variable/inter/wght.css";
import "@mantine/core/styles.layer.css";
import "@mantine/notifications/styles.layer.css";
import "./app/global.css";
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode, Suspense, lazy } from "react";
import { createRoot } from "react-dom/client";
import { colorSchemeManager } from "./app/color-scheme";
import { styleNonce } from "./app/nonce";
import { createQueries } from "./app/queries";
import { createDeskRouter } from "./app/router";
import { cssVariables, theme } from "./app/theme";

// The first toast comes long after the first paint; one that comes sooner waits for its place.
const Toasts = lazy(async () => ({ default: (await import("./app/toasts")).Toasts }));

const queries = createQueries();
const router = createDeskRouter(queries);

createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={cssVariables}
        colorSchemeManager={colorSchemeManager}
        defaultColorScheme="auto"
        getStyleNonce={styleNonce}
      >
        <Suspense>
          <Toasts />
        </Suspense>
        <RouterProvider router={router} />
      </MantineProvider>
    </QueryClientProvider>
  </StrictMode>,
);
