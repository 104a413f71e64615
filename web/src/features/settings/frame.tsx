import { Select } from "@mantine/core";
import { Link, useNavigate, useRouterState } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useCommands } from "~/lib/commands";
import { SECTIONS } from "./sections";
import classes from "./settings.module.css";

const ALL = SECTIONS.flatMap(({ sections }) => sections);

/** Around the pages of the administrators: a list of them, on a phone a choice. */
export function SettingsFrame({ children }: { children: ReactNode }) {
  const path = useRouterState({ select: (state) => state.location.pathname });
  const navigate = useNavigate();
  const current = ALL.find(({ to }) => path === to || path.startsWith(`${to}/`));
  return (
    <div className={classes.settings}>
      <nav className={classes.sections} aria-label="Settings">
        {SECTIONS.map(({ group, sections }) => (
          <div key={group}>
            <h2 className={classes.group}>{group}</h2>
            {sections.map(({ to, label }) => (
              <Link key={to} to={to} className={classes.section}>
                {label}
              </Link>
            ))}
          </div>
        ))}
      </nav>
      <div className={classes.choose}>
        <Select
          aria-label="Part of the settings"
          size="sm"
          allowDeselect={false}
          value={current?.to ?? null}
          data={SECTIONS.map(({ group, sections }) => ({
            group,
            items: sections.map(({ to, label }) => ({ value: to, label })),
          }))}
          onChange={(to) => to && void navigate({ to })}
        />
      </div>
      <div className={classes.content}>{children}</div>
    </div>
  );
}

/** The administrators' pages in the palette, from everywhere. */
export function SettingsCommands() {
  const navigate = useNavigate();
  useCommands(
    ALL.map(({ to, label, words }) => ({
      id: `page:${to}`,
      label,
      group: "Settings",
      words: `settings admin ${words}`,
      run: () => void navigate({ to }),
    })),
  );
  return null;
}
