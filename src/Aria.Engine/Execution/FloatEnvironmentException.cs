namespace Aria.Engine.Execution;

/// <summary>
/// A thread flushes subnormal numbers or does not round to nearest, and could not be set right: some library in this process has changed the floating-point mode. Nothing was
/// computed that would be used.
/// </summary>
public sealed class FloatEnvironmentException(string thread)
    : Exception($"The {thread} flushes subnormal numbers or rounds otherwise than to nearest: a library in this process has changed its floating-point mode, and without the native kernels it cannot be set right.");
