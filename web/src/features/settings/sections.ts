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
      { to: "/settings/tokens", label: "API tokens", words: "keys integration" },
    ],
  },
  {
    group: "Desk",
    sections: [
      { to: "/settings/workspace", label: "Workspace", words: "name time zone phone product areas" },
      { to: "/settings/hours", label: "Business hours", words: "holidays days off" },
      { to: "/settings/copilot", label: "Copilot", words: "model budget auto triage ai" },
      { to: "/settings/macros", label: "Macros", words: "canned replies templates" },
      { to: "/settings/views", label: "Shared views", words: "saved filters" },
    ],
  },
  {
    group: "Record",
    sections: [{ to: "/settings/audit-log", label: "Audit log", words: "changes who history" }],
  },
];
