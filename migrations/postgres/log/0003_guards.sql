-- The migrations of both databases go together. What this one changes in a file, the journal that a
-- statement has of its own, is nothing that there is here.

SELECT 1;
