import { BookOpen, type LucideIcon, Ticket } from "lucide-react";
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

/** What fits the words, kind by kind. */
export async function findHits(q: string, signal: AbortSignal): Promise<Hit[]> {
  const [tickets, articles] = await Promise.all([
    client.GET("/api/tickets", { params: { query: { q, limit: 6 } }, signal }),
    client.GET("/api/kb/articles", { params: { query: { q, limit: 4 } }, signal }),
  ]);
  return [
    ...(tickets.data?.items ?? []).map(({ label, subject, organization }) => ({
      kind: "Tickets",
      id: label,
      title: subject,
      subtitle: organization ? `${label} · ${organization.name}` : label,
      icon: Ticket,
      to: `/tickets/${label}`,
    })),
    ...(articles.data?.items ?? []).map(({ id, title, productArea }) => ({
      kind: "Articles",
      id,
      title,
      subtitle: productArea,
      icon: BookOpen,
      to: `/knowledge/${id}`,
    })),
  ];
}
