import { Alert, Button, Paper, PasswordInput, Stack, Text, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { Problem } from "~/api/problem";
import { acceptInvitation } from "~/api/session";
import { Brand } from "~/components/brand";
import classes from "./sign-in.module.css";
import { RequestId } from "~/components/refusal";
import { useFlight } from "~/lib/flight";
import { showAtFields } from "~/lib/kept-form";

const PASSWORD_MIN = 12;

interface Props {
  /** What the invitation's link carries. */
  token: string;
  onAccepted: () => void;
}

/** Where the link of an invitation leads: the first password is chosen, and then one is signed in. */
export function AcceptInvitation({ token, onAccepted }: Props) {
  const form = useForm({
    initialValues: { password: "", again: "" },
    validate: {
      password: (value) =>
        [...value].length < PASSWORD_MIN ? `Use ${String(PASSWORD_MIN)} characters or more.` : null,
      again: (value, { password }) => (value === password ? null : "The two are not the same."),
    },
  });
  const [problem, setProblem] = useState<Problem | null>(token ? null : gone());
  const { fly, busy } = useFlight();
  const submit = form.onSubmit(({ password }) =>
    fly(async () => {
      setProblem(null);
      try {
        await acceptInvitation(token, password);
        onAccepted();
      } catch (error) {
        setProblem(showAtFields(form, error, (field) => field in form.values));
      }
    }),
  );
  return (
    <main className={classes.page}>
      <Paper component="form" className={classes.card} onSubmit={submit} withBorder radius="lg">
        <Stack gap="md">
          <Brand />
          <Title order={1}>Choose your password</Title>
          <Text size="sm">You were invited to this desk. The link works once, within 72 hours.</Text>
          {problem && (
            <Alert color="red" variant="outline" role="alert">
              {problem.message}
              <RequestId problem={problem} />
            </Alert>
          )}
          <PasswordInput
            label="Password"
            description={`${String(PASSWORD_MIN)} characters or more; a few words are easy to remember.`}
            autoComplete="new-password"
            required
            withAsterisk={false}
            autoFocus
            {...form.getInputProps("password")}
          />
          <PasswordInput
            label="The same again"
            autoComplete="new-password"
            required
            withAsterisk={false}
            {...form.getInputProps("again")}
          />
          <Button type="submit" size="sm" fullWidth loading={busy} disabled={!token}>
            Save and sign in
          </Button>
        </Stack>
      </Paper>
    </main>
  );
}

function gone(): Problem {
  const message = "This link is not complete. Open it again from the message that you got, or ask for a new one.";
  return new Problem(message, { status: 0, code: "invitation_invalid" });
}
