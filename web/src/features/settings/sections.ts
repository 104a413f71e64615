import type { FileRouteTypes } from "~/routeTree.gen";

interface Section {
  to: FileRouteTypes["to"];
  label: string;
  /** What one finds there, for the palette. */
  words: string;
}

/** The pages of the administrators. */
export const SECTIONS: { group: string; sections: Section[] }[] = [
  {
    group: "People",
    sections: [
      { to: "/settings/users", label: "Users", words: "roles invite disable" },
      { to: "/settings/team", label: "Teams and agents", words: "assignment support round robin" },
      { to: "/settings/tokens", label: "API tokens", words: "keys integration" },
    ],
  },
  {
    group: "Desk",
    sections: [
      { to: "/settings/workspace", label: "Workspace", words: "name time zone phone product areas" },
      { to: "/settings/hours", label: "Business hours", words: "holidays days off" },
      {
        to: "/settings/sla",
        label: "SLA policies",
        words: "service level clocks promise first reply resolution escalation",
      },
      { to: "/settings/copilot", label: "Copilot", words: "model budget auto triage ai" },
      { to: "/settings/macros", label: "Macros", words: "canned replies templates" },
      { to: "/settings/views", label: "Shared views", words: "saved filters" },
    ],
  },
  {
    group: "Directory",
    sections: [
      { to: "/settings/account-managers", label: "Account managers", words: "customers relation owner" },
      {
        to: "/settings/catalogues",
        label: "Device catalogues",
        words: "manufacturers models operating systems domains",
      },
      { to: "/settings/import", label: "Import", words: "csv file upload dry run" },
    ],
  },
  {
    group: "Connections",
    sections: [
      { to: "/settings/phone-numbers", label: "Phone numbers", words: "telephone voice calls twilio transfer" },
      { to: "/settings/webhooks", label: "Webhooks", words: "events deliveries redeliver integration" },
    ],
  },
  {
    group: "Record",
    sections: [
      { to: "/settings/usage", label: "Usage and cost", words: "tokens money budget model" },
      { to: "/settings/health", label: "Health", words: "nodes database model queue jobs status" },
      { to: "/settings/audit-log", label: "Audit log", words: "changes who history" },
    ],
  },
];
