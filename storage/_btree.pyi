VERSION: int

def stream(
    descriptor: int,
    root_page: int,
    key_column: int,
    batch_rows: int,
    outputs: tuple[tuple[str, bool, tuple[tuple[int, int, int], ...]], ...],
    /,
) -> object: ...
