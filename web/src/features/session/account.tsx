import {
  Button,
  Group,
  PasswordInput,
  SegmentedControl,
  Stack,
  Switch,
  Text,
  Title,
  useMantineColorScheme,
} from "@mantine/core";
import { useForm } from "@mantine/form";

import { useUser } from "~/api/session";
import { useSending } from "~/api/sending";
import { Page } from "~/components/page";
import { showDone, showProblem } from "~/components/toast";
import { showAtFields } from "~/lib/kept-form";
import { setShortcutsEnabled, useShortcutsEnabled } from "~/lib/shortcuts";
import { capital } from "~/lib/text";
import { fullTime } from "~/lib/time";

/** What belongs to the person: name, password, how the page looks and listens. */
export function Account() {
  const user = useUser();
  const shortcuts = useShortcutsEnabled();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  if (!user) return null;
  return (
    <Page title="Your account" about={`${user.name} · ${user.email}`} narrow>
      <Stack gap="xl">
        <section>
          <Title order={2}>You</Title>
          <Text size="sm" mt={4}>
            {capital(user.role.toLowerCase())} of {user.workspaceName}.
            {user.lastLoginAt && ` Last sign-in: ${fullTime(user.lastLoginAt)}.`} An administrator changes name and
            role.
          </Text>
        </section>
        <section>
          <Title order={2} mb="xs">
            Look and keys
          </Title>
          <SegmentedControl
            aria-label="Colours"
            value={colorScheme}
            onChange={(scheme) => setColorScheme(scheme as "light" | "dark" | "auto")}
            data={[
              { value: "light", label: "Light" },
              { value: "dark", label: "Dark" },
              { value: "auto", label: "As the system" },
            ]}
          />
          <Switch
            mt="md"
            label="Single-letter keys"
            description="J, K, C and the others. Switch them off when you dictate or use other input devices."
            checked={shortcuts}
            onChange={(event) => setShortcutsEnabled(event.currentTarget.checked)}
          />
        </section>
        <ChangePassword />
      </Stack>
    </Page>
  );
}

const EMPTY = { currentPassword: "", newPassword: "", again: "" };

function ChangePassword() {
  const form = useForm({
    initialValues: EMPTY,
    validate: { again: (value, { newPassword }) => (value === newPassword ? null : "The two are not the same.") },
  });
  const change = useSending("post", "/api/auth/password", {
    onSuccess: () => {
      form.reset();
      showDone("Your password is changed. Your other sessions have ended.");
    },
    onError: (error) => {
      const rest = showAtFields(form, error, (field) => field in EMPTY);
      if (rest) showProblem("The password was not changed", rest);
    },
  });
  const submit = form.onSubmit(({ currentPassword, newPassword }) => {
    if (!change.isPending) change.mutate({ body: { currentPassword, newPassword } });
  });
  return (
    <section>
      <Title order={2} mb="xs">
        Password
      </Title>
      <form onSubmit={submit} noValidate>
        <Stack gap="sm" maw={380}>
          <PasswordInput
            label="Password of now"
            autoComplete="current-password"
            {...form.getInputProps("currentPassword")}
          />
          <PasswordInput
            label="New password"
            description="12 characters or more; a few words are easy to remember."
            autoComplete="new-password"
            {...form.getInputProps("newPassword")}
          />
          <PasswordInput label="The same again" autoComplete="new-password" {...form.getInputProps("again")} />
          <Group>
            <Button type="submit" size="sm" loading={change.isPending}>
              Change password
            </Button>
          </Group>
        </Stack>
      </form>
    </section>
  );
}
