import { createFileRoute, useRouter } from "@tanstack/react-router";
import { SignIn } from "~/features/session/sign-in";
import { z } from "~/lib/zod";

export const Route = createFileRoute("/sign-in")({
  validateSearch: z.object({
    next: z.catch(z.optional(z.string()), undefined),
    problem: z.catch(z.optional(z.string()), undefined),
  }),
  component: SignInRoute,
});

/** Only addresses of this page: a link from elsewhere must not lead people away after they signed in. */
function within(next: string | undefined): string {
  const { origin } = location;
  if (!next || !URL.canParse(next, origin)) return "/tickets";
  const url = new URL(next, origin);
  return url.origin === origin ? url.pathname + url.search : "/tickets";
}

function SignInRoute() {
  const { next, problem } = Route.useSearch();
  const router = useRouter();
  const goOn = () => router.history.replace(within(next));
  return <SignIn next={within(next)} problemElsewhere={problem} onSignedIn={goOn} />;
}
