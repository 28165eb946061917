namespace Aria.Discovery;

/// <summary>
/// Where a node stands in a space in which distance is the round trip time: three dimensions and a height, in microseconds
/// (specs/discovery.md §2). A claim.
/// </summary>
public readonly record struct NetworkCoordinate(int X, int Y, int Z, uint Height, uint Error);
