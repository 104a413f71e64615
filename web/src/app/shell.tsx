import {
  ActionIcon,
  Burger,
  Button,
  Drawer,
  Kbd,
  UnstyledButton,
  useComputedColorScheme,
  useMantineColorScheme,
} from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import { useNavigate, useRouterState } from "@tanstack/react-router";
import { Keyboard, Moon, Plus, Search, Sun, Undo2 } from "lucide-react";
import { type ReactNode, Suspense, lazy, useEffect, useState } from "react";
import { useIsAdmin, useMayAct } from "~/api/session";
import { Brand } from "~/components/brand";
import { undoLast } from "~/components/toast";
import { UserMenu } from "~/features/session/user-menu";
import { useCommands } from "~/lib/commands";
import { useLive } from "~/live/use-live";
import { Connection } from "./connection";
import { Navigation } from "./navigation";
import { PAGES } from "./pages";
import classes from "./shell.module.css";

// Dialogs come when they are first wanted.
const NewTicket = lazy(async () => ({ default: (await import("~/features/tickets/new-ticket")).NewTicket }));
const Shortcuts = lazy(async () => ({ default: (await import("./shortcut-sheet")).ShortcutSheet }));
const SettingsCommands = lazy(async () => ({ default: (await import("~/features/settings/frame")).SettingsCommands }));
const Palette = lazy(async () => ({ default: (await import("./palette")).Palette }));

type Dialog = "new ticket" | "shortcuts" | "palette" | null;

/** Around every page: where to go, what can be done from everywhere, and who is there. */
export function Shell({ children }: { children: ReactNode }) {
  useLive();
  const mayAct = useMayAct();
  const isAdmin = useIsAdmin();
  const navigate = useNavigate();
  const scheme = useScheme();
  const [drawer, { open: openDrawer, close: closeDrawer }] = useDisclosure(false);
  // A dialog that was opened once stays, closed, so that it can fade.
  const [dialog, setDialog] = useState<Dialog>(null);
  const [seen, setSeen] = useState<Dialog[]>([]);
  const show = (wanted: Dialog) => {
    setSeen((before) => (before.includes(wanted) ? before : [...before, wanted]));
    setDialog(wanted);
    closeDrawer();
  };
  const close = () => setDialog(null);
  const pages = PAGES.filter((page) => !page.adminOnly || isAdmin);
  useHotkeys([["mod+K", () => (dialog === "palette" ? close() : show("palette"))]], [], true);
  useCommands([
    ...(mayAct
      ? [{ id: "new-ticket", label: "New ticket", group: "Do", key: "c", icon: Plus, run: () => show("new ticket") }]
      : []),
    ...pages.map(({ to, label, icon, key, words }) => ({
      id: `page:${to}`,
      label,
      group: "Go to",
      icon,
      ...(key && { key }),
      ...(words && { words }),
      run: () => void navigate({ to }),
    })),
    { id: "keys", label: "Show all keys", group: "Do", key: "?", icon: Keyboard, run: () => show("shortcuts") },
    { id: "undo", label: "Undo what was done last", group: "Do", key: "z", icon: Undo2, run: () => void undoLast() },
    {
      id: "scheme",
      label: scheme.label,
      group: "Do",
      icon: scheme.icon,
      words: "theme dark light",
      run: scheme.toggle,
    },
  ]);
  const path = useRouterState({ select: (state) => state.location.href });
  useEffect(() => closeDrawer(), [path, closeDrawer]);

  const content = (
    <>
      <UnstyledButton className={classes.search} onClick={() => show("palette")}>
        <Search size={14} aria-hidden />
        <span>Search or jump to…</span>
        <Kbd size="xs">{MOD} K</Kbd>
      </UnstyledButton>
      {mayAct && (
        <Button variant="default" leftSection={<Plus size={14} aria-hidden />} onClick={() => show("new ticket")}>
          New ticket
        </Button>
      )}
      <Navigation pages={pages} />
      <div className={classes.end}>
        <UserMenu onShortcuts={() => show("shortcuts")} />
        <Connection />
      </div>
    </>
  );
  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#content">
        To the content
      </a>
      <header className={classes.bar}>
        <Burger size={18} opened={drawer} onClick={openDrawer} aria-label="Open the navigation" />
        <Brand />
        <ActionIcon aria-label="Search or jump to" onClick={() => show("palette")}>
          <Search size={18} aria-hidden />
        </ActionIcon>
      </header>
      <Drawer
        opened={drawer}
        onClose={closeDrawer}
        size={280}
        title={<Brand />}
        classNames={{ body: classes.drawer, content: classes.drawerContent }}
        closeButtonProps={{ "aria-label": "Close the navigation" }}
      >
        {content}
      </Drawer>
      <nav className={classes.nav} aria-label="Main">
        <div className={classes.top}>
          <Brand />
          <ActionIcon aria-label={scheme.label} onClick={scheme.toggle}>
            <scheme.icon size={16} aria-hidden />
          </ActionIcon>
        </div>
        {content}
      </nav>
      <main id="content" className={classes.main} tabIndex={-1}>
        {children}
      </main>
      <Suspense>{isAdmin && <SettingsCommands />}</Suspense>
      <Suspense>
        {seen.includes("new ticket") && <NewTicket opened={dialog === "new ticket"} onClose={close} />}
        {seen.includes("shortcuts") && <Shortcuts opened={dialog === "shortcuts"} onClose={close} />}
        {seen.includes("palette") && <Palette opened={dialog === "palette"} onClose={close} />}
      </Suspense>
    </div>
  );
}

/** How the key beside the space bar is called here. */
const MOD = /Mac|iP(hone|ad)/.test(navigator.userAgent) ? "⌘" : "Ctrl";

function useScheme() {
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme("light") === "dark";
  return {
    label: dark ? "Change to light" : "Change to dark",
    icon: dark ? Sun : Moon,
    toggle: () => setColorScheme(dark ? "light" : "dark"),
  };
}
