namespace Aria.Engine.Kernels;

/// <summary>
/// Queries that share keys and values: heads of one position, or one head of positions that follow each other. Query i stands <c>i · Stride</c> numbers behind the first, its
/// output likewise, and it attends to <c>Positions + i · Step</c> positions.
/// </summary>
internal readonly unsafe struct AttentionQueries(float* first, float* output, int count, long stride, int positions, int step)
{
    public int Count => count;

    /// <summary>Room for the weights of one query.</summary>
    public int Room => positions + ((count - 1) * step);

    public float* Query(int i) => first + (i * stride);

    public float* Output(int i) => output + (i * stride);

    public int Positions(int i) => positions + (i * step);
}
