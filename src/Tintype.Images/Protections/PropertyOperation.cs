namespace Tintype.Images.Protections;

internal enum PropertyOperation
{
    Create,
    Read,
    Update,
    Delete,
}
