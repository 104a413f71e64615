import {
  BookOpen,
  Building2,
  ChartColumn,
  CircleUserRound,
  Inbox,
  type LucideIcon,
  MonitorSmartphone,
  Phone,
  PhoneCall,
  RadioTower,
  Settings,
  UserRound,
} from "lucide-react";
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
  /** The heading in the navigation; without one it is not there. */
  group?: "Calls" | "Directory" | "Team";
}

export const PAGES: DeskPage[] = [
  { to: "/tickets", label: "Tickets", icon: Inbox, key: "g t", words: "inbox list" },
  { to: "/calls", label: "Call history", icon: Phone, key: "g p", words: "calls transcripts phone", group: "Calls" },
  {
    to: "/calls/live",
    label: "Live wall",
    icon: RadioTower,
    key: "g l",
    words: "calls phone listen whisper",
    group: "Calls",
  },
  { to: "/calls/now", label: "Call now", icon: PhoneCall, key: "g n", words: "phone microphone try", group: "Calls" },
  { to: "/knowledge", label: "Knowledge base", icon: BookOpen, key: "g k", words: "articles help", group: "Team" },
  {
    to: "/analytics",
    label: "Analytics",
    icon: ChartColumn,
    key: "g y",
    words: "charts numbers report sla",
    group: "Team",
  },
  { to: "/contacts", label: "Contacts", icon: CircleUserRound, key: "g c", words: "people phone", group: "Directory" },
  { to: "/organizations", label: "Organizations", icon: Building2, key: "g o", words: "customers", group: "Directory" },
  { to: "/devices", label: "Devices", icon: MonitorSmartphone, key: "g d", words: "computers", group: "Directory" },
  {
    to: "/account",
    label: "Your account",
    icon: UserRound,
    key: "g a",
    words: "password theme dark light keys profile",
  },
  { to: "/settings", label: "Settings", icon: Settings, key: "g s", words: "admin", adminOnly: true, group: "Team" },
];

/** The page that a path belongs to: of several that it lies below, the nearest (`/calls/live` is not in `/calls`). */
export function pageAt(path: string, pages: readonly DeskPage[]): DeskPage | undefined {
  return pages
    .filter(({ to }) => path === to || path.startsWith(`${to}/`))
    .sort((a, b) => b.to.length - a.to.length)[0];
}
