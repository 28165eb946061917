namespace Aria;

/// <summary>A token the head proposes, with its logit; lists of them are ordered by logit descending, then id ascending.</summary>
public readonly record struct Candidate(uint Token, float Logit);
