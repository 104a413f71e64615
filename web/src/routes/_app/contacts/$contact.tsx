import { createFileRoute } from "@tanstack/react-router";
import { ContactPage } from "~/features/directory/details";

export const Route = createFileRoute("/_app/contacts/$contact")({ component: ContactPageRoute });

function ContactPageRoute() {
  const { contact } = Route.useParams();
  return <ContactPage key={contact} id={contact} />;
}
