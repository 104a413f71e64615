import { BookOpen, Building2, CircleUserRound, type LucideIcon, MonitorSmartphone, Ticket } from "lucide-react";
import { client } from "~/api/client";

/** Something of the desk that was found. */
export interface Hit {
  kind: string;
  id: string;
  title: string;
  subtitle: string | null;
  icon: LucideIcon;
  /** The address of its page. */
  to: string;
}

const KINDS: Record<string, { heading: string; icon: LucideIcon; folder: string }> = {
  ticket: { heading: "Tickets", icon: Ticket, folder: "tickets" },
  contact: { heading: "Contacts", icon: CircleUserRound, folder: "contacts" },
  organization: { heading: "Organizations", icon: Building2, folder: "organizations" },
  device: { heading: "Devices", icon: MonitorSmartphone, folder: "devices" },
  article: { heading: "Articles", icon: BookOpen, folder: "knowledge" },
};

/** What fits the words, exact hits first. */
export async function findHits(q: string, signal: AbortSignal): Promise<Hit[]> {
  const { data } = await client.GET("/api/search", { params: { query: { q } }, signal });
  return (data?.items ?? []).flatMap(({ kind, id, title, subtitle }) => {
    const known = KINDS[kind];
    if (!known) return [];
    // A ticket's address is its number, as in the list.
    const label = kind === "ticket" ? /\b[A-Z]+-\d+\b/.exec(subtitle)?.[0] : undefined;
    const { heading, icon, folder } = known;
    return [{ kind: heading, id, title, subtitle, icon, to: `/${folder}/${label ?? id}` }];
  });
}
