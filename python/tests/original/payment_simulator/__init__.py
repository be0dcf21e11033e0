"""Names of the original project, which its own tests ask for; here they are those of simexp."""
