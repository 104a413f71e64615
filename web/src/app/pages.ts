import { BookOpen, Inbox, type LucideIcon, Settings, UserRound } from "lucide-react";
import type { FileRouteTypes } from "~/routeTree.gen";

/** A page that the palette and the navigation lead to. */
export interface DeskPage {
  to: FileRouteTypes["to"];
  label: string;
  icon: LucideIcon;
  key?: string;
  /** Other words that find it in the palette. */
  words?: string;
  /** Others do not see it. */
  adminOnly?: boolean;
}

export const PAGES: DeskPage[] = [
  { to: "/tickets", label: "Tickets", icon: Inbox, key: "g t", words: "inbox list" },
  { to: "/knowledge", label: "Knowledge base", icon: BookOpen, key: "g k", words: "articles help" },
  {
    to: "/account",
    label: "Your account",
    icon: UserRound,
    key: "g a",
    words: "password theme dark light keys profile",
  },
  { to: "/settings", label: "Settings", icon: Settings, key: "g s", words: "admin", adminOnly: true },
];
