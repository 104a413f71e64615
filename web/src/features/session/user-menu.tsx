import { Menu, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Keyboard, LogOut, Monitor, Moon, Sun, UserRound } from "lucide-react";
import { signOut, useUser } from "~/api/session";
import { showProblem } from "~/components/toast";
import { setShortcutsEnabled, useShortcutsEnabled } from "~/lib/shortcuts";
import { capital, initials } from "~/lib/text";
import classes from "./user-menu.module.css";

/** Who is signed in, how the page looks and listens, and the way out. */
export function UserMenu({ onShortcuts }: { onShortcuts: () => void }) {
  const user = useUser();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const shortcuts = useShortcutsEnabled();
  if (!user) return null;
  const leave = () => {
    signOut().catch((error: unknown) => showProblem("You are still signed in", error));
  };
  return (
    <Menu position="top-start" width={220}>
      <Menu.Target>
        <UnstyledButton className={classes.user} aria-label={`Account of ${user.name}`}>
          <span className={classes.avatar} aria-hidden>
            {initials(user.name)}
          </span>
          <span className={classes.words}>
            <span className={classes.name}>{user.name}</span>
            <span className={classes.role}>
              {user.workspaceName} · {capital(user.role.toLowerCase())}
            </span>
          </span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {user.email}
          <br />
          Workspace {user.workspaceName}
        </Menu.Label>
        <Menu.RadioGroup value={colorScheme} onChange={(scheme) => setColorScheme(scheme as "light" | "dark" | "auto")}>
          <Menu.RadioItem value="light" rightSection={<Sun size={14} aria-hidden />}>
            Light
          </Menu.RadioItem>
          <Menu.RadioItem value="dark" rightSection={<Moon size={14} aria-hidden />}>
            Dark
          </Menu.RadioItem>
          <Menu.RadioItem value="auto" rightSection={<Monitor size={14} aria-hidden />}>
            As the system
          </Menu.RadioItem>
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item
          leftSection={<UserRound size={14} aria-hidden />}
          renderRoot={(props) => <Link to="/account" {...props} />}
        >
          Your account
        </Menu.Item>
        <Menu.Item leftSection={<Keyboard size={14} aria-hidden />} onClick={onShortcuts}>
          Keys
        </Menu.Item>
        <Menu.CheckboxItem checked={shortcuts} onChange={setShortcutsEnabled} closeMenuOnClick={false}>
          Single-letter keys
        </Menu.CheckboxItem>
        <Menu.Divider />
        <Menu.Item leftSection={<LogOut size={14} aria-hidden />} onClick={leave}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
