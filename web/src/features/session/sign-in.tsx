import { Alert, Button, Paper, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { Problem } from "~/api/problem";
import { expectSession, signIn } from "~/api/session";
import { Brand } from "~/components/brand";
import { isDemo } from "~/lib/demo";
import { hasOidc, oidcStart } from "~/lib/oidc";
import classes from "./sign-in.module.css";
import { RequestId } from "~/components/refusal";
import { useFlight } from "~/lib/flight";

const DEMO = { email: "agent@demo.test", password: "patchcord-demo" };

/** Why signing in did not work, in words that help. */
function explain(problem: Problem): string {
  if (problem.status === 401) return "E-mail address or password is wrong.";
  if (problem.status !== 429) return problem.message;
  const minutes = problem.retryAfter ? Math.ceil(problem.retryAfter / 60) : null;
  const wait = minutes ? `in ${String(minutes)} minute${minutes === 1 ? "" : "s"}` : "later";
  return `Too many attempts. Try again ${wait}.`;
}

/** Why a sign-in at the identity provider did not work; the server leads back here with a code. */
function explainElsewhere(code: string): string {
  if (code === "user_not_provisioned") return "Nobody here has your address. Ask an administrator to add you.";
  if (code === "sign_in_expired") return "That sign-in took too long, or began in another browser. Try again.";
  if (code === "unavailable") return "The identity provider cannot be reached right now. Try again in a moment.";
  return "The identity provider did not let you in. Try again.";
}

interface SignInProps {
  /** Where to go on after a sign-in elsewhere. */
  next?: string;
  /** Code of what went wrong with a sign-in elsewhere. */
  problemElsewhere?: string | undefined;
  onSignedIn: () => void;
}

export function SignIn({ next = "/tickets", problemElsewhere, onSignedIn }: SignInProps) {
  const form = useForm({ initialValues: { email: "", password: "" } });
  const [problem, setProblem] = useState<Problem | null>(null);
  const { fly, busy } = useFlight();
  const submit = form.onSubmit(({ email, password }) =>
    fly(async () => {
      setProblem(null);
      try {
        await signIn(email.trim(), password);
        onSignedIn();
      } catch (error) {
        const refused = Problem.of(error);
        form.setErrors(refused.byField());
        setProblem(refused);
      }
    }),
  );
  return (
    <main className={classes.page}>
      <Paper component="form" className={classes.card} onSubmit={submit} withBorder radius="lg">
        <Stack gap="md">
          <Brand />
          <Title order={1}>Sign in</Title>
          {problem && (
            <Alert color="red" variant="outline" role="alert">
              {explain(problem)}
              {problem.status >= 500 && <RequestId problem={problem} />}
            </Alert>
          )}
          {problemElsewhere && !problem && (
            <Alert color="red" variant="outline" role="alert">
              {explainElsewhere(problemElsewhere)}
            </Alert>
          )}
          <TextInput
            label="E-mail"
            type="email"
            autoComplete="username"
            required
            withAsterisk={false}
            autoFocus
            {...form.getInputProps("email")}
          />
          <PasswordInput
            label="Password"
            autoComplete="current-password"
            required
            withAsterisk={false}
            {...form.getInputProps("password")}
          />
          <Button type="submit" size="sm" fullWidth loading={busy}>
            Sign in
          </Button>
          {hasOidc() && (
            <Button component="a" href={oidcStart(next)} onClick={expectSession} variant="default" fullWidth>
              Sign in with your organization
            </Button>
          )}
          {isDemo() && (
            <div className={classes.demo}>
              <Text size="sm">
                Demonstration: <b>{DEMO.email}</b> with the password <b>{DEMO.password}</b>; admin@demo.test and
                viewer@demo.test have the same one.
              </Text>
              <Button variant="default" mt="xs" onClick={() => form.setValues(DEMO)}>
                Fill in
              </Button>
            </div>
          )}
        </Stack>
      </Paper>
    </main>
  );
}
