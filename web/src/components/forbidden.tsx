import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { ShieldX } from "lucide-react";
import { Empty } from "./empty";

/** Instead of a page that the person's role may not see. */
export function Forbidden() {
  return (
    <Empty
      icon={ShieldX}
      title="Only administrators see this page"
      action={
        <Button variant="default" renderRoot={(props) => <Link to="/tickets" {...props} />}>
          To the tickets
        </Button>
      }
    >
      Error 403. Ask an administrator of your desk to do it, or to give you the role.
    </Empty>
  );
}
